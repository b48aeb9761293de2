using Weft.Appd.Web;

namespace Weft.Appd.Control;

/// <summary>Why a connection is ended in order; a WebSocket says it in its close frame.</summary>
internal sealed record Farewell(CloseCode Code, string Reason);
