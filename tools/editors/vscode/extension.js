// Starts `pcpdrain lsp`, which answers everything that the editor asks about a .drain file.
"use strict";

const { workspace, window } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
    const command = workspace.getConfiguration("pcpdrain").get("command");
    const server = { command, args: ["lsp"] };
    client = new LanguageClient("pcpdrain", "pcpdrain", server, { documentSelector: [{ language: "drain" }] });
    try {
        await client.start();
    } catch (error) {
        client = undefined;
        window.showErrorMessage(`cannot start \`${command} lsp\` (the setting pcpdrain.command): ${error.message}`);
    }
}

async function deactivate() {
    await client?.stop();
}

module.exports = { activate, deactivate };
