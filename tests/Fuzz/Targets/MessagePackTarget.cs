using System.Text;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;

namespace Weft.Fuzz.Targets;

/// <summary>Control requests as they come from the Unix socket; every MessagePack format is reached through <c>Skip</c>.</summary>
internal sealed class MessagePackTarget : IFuzzTarget
{
    public string Name => "messagepack";

    public IEnumerable<byte[]> Seeds =>
    [
        .. ControlJsonTarget.Requests.Select(request => ControlCodec.Encode(request, ControlEncoding.MessagePack, 7)),
        [0x95, 0xaa, .. "LAUNCH_APP"u8, 0xa5, .. "a.b.c"u8, 0xc0, 0x92, 0xa1, 0x78, 0xa1, 0x79, 0x81, 0xa1, 0x4b, 0xa1, 0x76],
        [0x92, 0xaf, .. "QUERY_APP_STATE"u8, 0xcf, 0, 0, 0, 0, 0, 0, 0, 9],
        [0x95, 0xc4, 2, 1, 2, 0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0xd9, 1, 0x61, 0xdc, 0, 1, 0xc0],
    ];

    public IEnumerable<byte[]> Words => [[0xdb, 0xff, 0xff, 0xff, 0xff], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0x7f, 0xff, 0xff, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff, 1], [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], [0xa4, .. "type"u8]];

    public void Run(ReadOnlySpan<byte> input)
    {
        try
        {
            var reader = new MessagePackReader(input);
            reader.Skip();
            reader.ExpectEnd();
        }
        catch (MessagePackException)
        {
        }

        ReceivedRequest received = ControlCodec.ReadRequest(input, ControlEncoding.MessagePack);
        ControlJsonTarget.Check(received, Encoding.UTF8.GetString(input));
        try
        {
            ControlCodec.ReadReply(input, ControlEncoding.MessagePack);
        }
        catch (FormatException)
        {
        }
    }
}
