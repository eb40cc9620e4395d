// Nothing is loaded from or sent to another host: no fonts, no proxy, no telemetry, no assistant.
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  documentDownloadType: "json",
  metaData: { title: "API reference · letmepost" },
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
});
