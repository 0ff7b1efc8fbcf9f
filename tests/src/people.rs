//! The people of the demo's day, and how their accounts and the worker's handheld are made.
//!
//! Only through the command lines that an administrator would use.

use anyhow::{Context, Result};
use std::path::Path;

use crate::programs::{Field, Server};

/// Everybody's password in demos and tests; nobody else's.
pub const PASSWORD: &str = "gewu-demo-2026";

/// The variable by which the handheld's window finds its data.
pub const HANDHELD_DATA: &str = "GEWU_HANDHELD_DATA";

/// One person with one post.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Name at sign-in.
    pub login: &'static str,
    /// Name that people use.
    pub name: &'static str,
    /// Role by its machine name.
    pub role: &'static str,
    /// Area of the post.
    pub area: &'static str,
    /// Unit of a handler.
    pub unit: Option<&'static str>,
    /// What the person does, for the list of sign-ins.
    pub what: &'static str,
    /// Signs in at the console.
    pub signs_in: bool,
}

/// The worker whose day it is.
pub const WORKER: &str = "wangge";

/// Everybody.
pub const PEOPLE: [Person; 5] = [
    Person {
        login: WORKER,
        name: "陈秀兰",
        role: "grid_worker",
        area: "350703001012",
        unit: None,
        what: "网格员，七贤社区",
        signs_in: false,
    },
    Person {
        login: "paiqian",
        name: "林建国",
        role: "dispatcher",
        area: "350703",
        unit: None,
        what: "派遣员，建阳区",
        signs_in: true,
    },
    Person {
        login: "shizheng",
        name: "黄志明",
        role: "handler",
        area: "350703",
        unit: Some("D22-4"),
        what: "处置人员，市政中心",
        signs_in: true,
    },
    Person {
        login: "ducha",
        name: "吴敏",
        role: "supervisor",
        area: "350703",
        unit: None,
        what: "督查，建阳区",
        signs_in: true,
    },
    Person {
        login: "guanli",
        name: "郑晓燕",
        role: "administrator",
        area: "350703",
        unit: None,
        what: "管理员，建阳区",
        signs_in: true,
    },
];

/// Makes the accounts.
pub fn add(server: &Server) -> Result<()> {
    for person in &PEOPLE {
        let mut arguments = vec![
            "user",
            "add",
            "--login",
            person.login,
            "--name",
            person.name,
            "--role",
            person.role,
            "--area",
            person.area,
        ];
        if let Some(unit) = person.unit {
            arguments.extend(["--unit", unit]);
        }
        if person.signs_in {
            arguments.extend(["--password", PASSWORD]);
        } else {
            arguments.push("--no-password");
        }
        server.run(&arguments)?;
    }
    Ok(())
}

/// A server of 建阳区 with its people, running, and the worker's handheld, each in a folder of its
/// own below this one.
pub async fn begin(folder: &Path) -> Result<(Server, Field)> {
    let mut server = Server::init(&folder.join("server"), "350703")?;
    add(&server)?;
    server.start().await?;
    let field = Field::new(&folder.join("handheld"));
    enrol(&server, &field)?;
    Ok((server, field))
}

/// Binds a handheld to the worker and fetches catalogue and grids; the server must be running.
pub fn enrol(server: &Server, field: &Field) -> Result<()> {
    let printed = server.run(&["device", "code", "--login", WORKER])?;
    let code = printed
        .split_whitespace()
        .last()
        .context("no code was printed")?;
    field.run(&["enrol", "--server", &server.url(), "--code", code])?;
    field.run(&["sync"])?;
    Ok(())
}
