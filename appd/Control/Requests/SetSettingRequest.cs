using Weft.Core.Protocol;
using Weft.Core.Settings;

namespace Weft.Appd.Control.Requests;

/// <summary><c>SET_SETTING</c>; the others hear <c>SETTINGS</c>.</summary>
internal sealed class SetSettingRequest(SettingsStore settings, Announcements announcements) : RequestHandler<SetSetting>
{
    // One change at a time, so that the last SETTINGS that clients hear is the last change.
    private readonly Lock _changes = new();

    protected override ValueTask<Reply> HandleAsync(SetSetting request, Call call, CancellationToken cancellationToken)
    {
        if (!call.Requester.IsLocal && SettingTable.ByKey.TryGetValue(request.Key, out Setting? setting) && setting.Form == SettingForm.FilePath)
        {
            throw new ControlException(ControlCode.NotAllowed, $"SET_SETTING {request.Key}: a path of this machine is taken over the Unix socket only");
        }

        lock (_changes)
        {
            try
            {
                settings.Set(request.Key, request.Value);
            }
            catch (SettingException refused)
            {
                throw new ControlException(refused.Code, refused.Message);
            }

            Core.Protocol.Settings listing = QuerySettingsRequest.Listing(settings);
            lock (announcements.Gate)
            {
                announcements.Publish(listing, except: call.Requester);
            }

            return new(listing);
        }
    }
}
