using System.Text;
using Weft.Core.Channel;
using Weft.Core.Output;

namespace Weft.Fuzz.Targets;

/// <summary>Lines of the channel, as a runtime that was taken over could send them.</summary>
internal sealed class ChannelTarget : IFuzzTarget
{
    public string Name => "channel";

    public IEnumerable<byte[]> Seeds => [.. ((string[])
    [
        """{"token":"t","taken":3,"next":4,"refused":[1,2]}""",
        """{"taken":3,"next":4,"ready":true,"report":{"engine":"lib","x":[1]}}""",
        """{"n":5,"type":"ipc","payload":"é\n\u0001"}""",
        """{"n":5,"type":"notify","id":1,"title":"t","body":"b","icon":"i"}""",
        """{"n":5,"type":"reply","id":2,"text":"x","error":"y"}""",
        """{"n":5,"type":"closing","grace_ms":5000}""",
        """{"ack":5}""",
        """{"refused":5}""",
    ]).Select(Encoding.UTF8.GetBytes)];

    public IEnumerable<byte[]> Words => [.. ((string[])["\"type\":", "\"ready\"", "\"clipboard_write\"", "\"n\":", "18446744073709551615", "null", "\"\\ud800\"", "1e999", "[[[[[[[["]).Select(Encoding.UTF8.GetBytes)];

    public void Run(ReadOnlySpan<byte> input)
    {
        try
        {
            if (ChannelCodec.ReadLine(input) is NumberedLine { Message: not UnknownMessage } line)
            {
                byte[] written = ChannelCodec.Write(line);
                if (!ChannelCodec.ReadLine(written.AsSpan()[..^1]).Equals(line))
                {
                    throw new FuzzFindingException("a line did not survive: " + Encoding.UTF8.GetString(written));
                }
            }
        }
        catch (ChannelException)
        {
        }

        try
        {
            ChannelCodec.ReadPeerHello(input);
        }
        catch (ChannelException)
        {
        }

        try
        {
            ChannelCodec.ReadRuntimeHello(input);
        }
        catch (ChannelException)
        {
        }
    }
}

/// <summary>End records, which the same runtime writes. Nothing is ever thrown.</summary>
internal sealed class EndRecordTarget : IFuzzTarget
{
    public string Name => "end-record";

    public IEnumerable<byte[]> Seeds =>
    [
        """
        {"event":"began","at":1700000000000}
        {"event":"fact","at":1700000000001,"what":"x"}
        {"event":"ended","at":1700000000002,"kind":"trapped","trap":"unreachable","message":"m","backtrace":["f0","f1"]}

        """u8.ToArray(),
    ];

    public IEnumerable<byte[]> Words => [.. ((string[])["\"event\":", "\"exit_code\":3", "null", "\"\\ud800\"", "1e999", "[[[["]).Select(Encoding.UTF8.GetBytes)];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (EndRecordReader.Parse(input).Facts.Count > EndRecordReader.MaxFacts)
        {
            throw new FuzzFindingException("more facts than are kept");
        }
    }
}
