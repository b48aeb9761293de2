using Weft.Core.Protocol;
using Weft.Core.Settings;

namespace Weft.Appd.Control.Requests;

/// <summary><c>QUERY_SETTINGS</c></summary>
internal sealed class QuerySettingsRequest(SettingsStore settings) : RequestHandler<QuerySettings>
{
    protected override ValueTask<Reply> HandleAsync(QuerySettings request, Call call, CancellationToken cancellationToken) =>
        new(Reply.Cut(() => Listing(settings)));

    /// <summary>All settings as a message.</summary>
    public static Core.Protocol.Settings Listing(SettingsStore settings) => new()
    {
        Values =
        [
            .. settings.List().Select(state => new SettingValue
            {
                Key = state.Setting.Key,
                Value = state.ValueJson(),
                Default = state.DefaultJson(),
                Source = state.Source,
                Locked = state.Locked,
                Summary = state.Setting.Summary,
                Words = state.Setting.Words is { Count: > 0 } words ? words : null,
            }),
        ],
    };
}
