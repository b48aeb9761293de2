namespace Weft.Runtime.Engines;

/// <summary>Which engine this is.</summary>
/// <param name="Kind"><c>lib</c> or <c>exe</c>.</param>
/// <param name="Version">As far as the engine tells it: the library says its major only.</param>
/// <param name="Path">The file.</param>
internal sealed record EngineFacts(string Kind, string Version, string Path);
