// The client of `mainstay lsp`: starts it, hands it the settings, and shows the standard library.
'use strict';

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

/** @type {LanguageClient | undefined} */
let client;

function settings() {
  const mainstay = vscode.workspace.getConfiguration('mainstay');
  return { params: mainstay.get('params', {}) };
}

async function start() {
  const command = vscode.workspace.getConfiguration('mainstay').get('program', 'mainstay');
  client = new LanguageClient(
    'mainstay',
    'Mainstay',
    { command, args: ['lsp', '--stdio'] },
    {
      documentSelector: [
        { scheme: 'file', language: 'mainstay' },
        { scheme: 'untitled', language: 'mainstay' },
      ],
      initializationOptions: settings(),
    }
  );
  try {
    await client.start();
  } catch (error) {
    const answer = await vscode.window.showErrorMessage(
      `\`${command}\` cannot be started: ${error.message}. Is Mainstay installed?`,
      'Open settings'
    );
    if (answer) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'mainstay.program');
    }
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand('mainstay.restart', async () => {
      await stop();
      await start();
    }),
    vscode.workspace.registerTextDocumentContentProvider('mainstay', {
      async provideTextDocumentContent(uri) {
        const answer = await client?.sendRequest('workspace/textDocumentContent', { uri: uri.toString() });
        return answer?.text;
      },
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration('mainstay.program')) {
        await stop();
        await start();
      } else if (event.affectsConfiguration('mainstay')) {
        await client?.sendNotification('workspace/didChangeConfiguration', { settings: settings() });
      }
    })
  );
  await start();
}

module.exports = { activate, deactivate: stop };
