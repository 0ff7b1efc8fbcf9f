//! `gewu-server receipt`: the public key for others, and a receipt checked without any server.

use crate::{open, told};
use anyhow::Context;
use clap::{Args, Subcommand};
use shared::label::{self, Lang};
use shared::receipt::Receipt;
use shared::signature::PublicKey;
use std::path::PathBuf;
use sync_server::config::DataArgs;
use sync_server::service::receipts;

#[derive(Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Print the public key that receipts are checked with
    Key(DataArgs),
    /// Check a receipt from its file and the public key alone
    Verify(VerifyArgs),
}

#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The receipt, as `gewu-field receipt` writes it; - for standard input
    file: PathBuf,
    /// The server's public key, 64 hex digits
    #[arg(long, required_unless_present = "data")]
    key: Option<PublicKey>,
    /// Take the key from this district's data instead
    #[arg(long, env = "GEWU_DATA", value_name = "DIR", conflicts_with = "key")]
    data: Option<PathBuf>,
    /// Address of its database, if that is not in the folder
    #[arg(long, env = "GEWU_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<String>,
}

pub(crate) fn run(command: ReceiptCommand) -> anyhow::Result<()> {
    match command {
        ReceiptCommand::Key(data) => {
            println!("{}", public_key(&data)?);
            Ok(())
        }
        ReceiptCommand::Verify(args) => verify(args),
    }
}

fn public_key(data: &DataArgs) -> anyhow::Result<PublicKey> {
    let (store, _) = open(data)?;
    let key = store.read_blocking(receipts::key).map_err(told)?;
    store.close_blocking();
    let key = key.context("there is no key yet; the server makes it when it starts")?;
    Ok(key.public())
}

fn verify(args: VerifyArgs) -> anyhow::Result<()> {
    let key = match (args.key, args.data) {
        (Some(key), _) => key,
        (None, Some(data)) => public_key(&DataArgs {
            data,
            store: args.store,
            photos: None,
        })?,
        (None, None) => anyhow::bail!("name the public key with --key, or a folder with --data"),
    };
    let text = if args.file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())?
    } else {
        std::fs::read_to_string(&args.file)
            .with_context(|| format!("could not read {}", args.file.display()))?
    };
    let checked = Receipt::read(&text).and_then(|receipt| receipt.verify(&key).map(|()| receipt));
    match checked {
        Ok(receipt) => {
            println!("good: operation {}", receipt.op_id);
            println!("  received {}", receipt.received_at);
            println!(
                "  case {}",
                receipt.case_no.as_deref().unwrap_or("(none yet)")
            );
            println!("  content {}", receipt.hash);
            Ok(())
        }
        Err(fault) => {
            let words = label::fault(fault.code(), Lang::Zh);
            anyhow::bail!("{words} ({fault})")
        }
    }
}
