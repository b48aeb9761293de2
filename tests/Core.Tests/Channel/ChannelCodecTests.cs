using System.Text;
using Weft.Core.Channel;
using Xunit;

namespace Core.Tests.Channel;

public sealed class ChannelCodecTests
{
    public static TheoryData<ChannelMessage, string> Messages() => new()
    {
        { new Ready(), """{"n":5,"type":"ready"}""" },
        { new Ipc { Payload = "é\n" }, """{"n":5,"type":"ipc","payload":"é\n"}""" },
        { new Notify { Id = 1, Title = "t", Body = "b" }, """{"n":5,"type":"notify","id":1,"title":"t","body":"b"}""" },
        { new ClipboardRead { Id = 2 }, """{"n":5,"type":"clipboard_read","id":2}""" },
        { new ClipboardWrite { Id = 3, Text = "x" }, """{"n":5,"type":"clipboard_write","id":3,"text":"x"}""" },
        { new Used { Grant = "net:fetch:*" }, """{"n":5,"type":"used","grant":"net:fetch:*"}""" },
        { new Message { Payload = "p" }, """{"n":5,"type":"message","payload":"p"}""" },
        { new Closing { GraceMs = 5000 }, """{"n":5,"type":"closing","grace_ms":5000}""" },
        { new Reply { Id = 2, Text = "x" }, """{"n":5,"type":"reply","id":2,"text":"x"}""" },
        { new Reply { Id = 2, Error = "no" }, """{"n":5,"type":"reply","id":2,"error":"no"}""" },
        { new Revoked { Grant = "g" }, """{"n":5,"type":"revoked","grant":"g"}""" },
        { new MemoryPressure { Level = "high" }, """{"n":5,"type":"memory_pressure","level":"high"}""" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_message_comes_back(ChannelMessage message, string line)
    {
        Assert.Equal(line + "\n", Encoding.UTF8.GetString(ChannelCodec.Write(new NumberedLine(5, message))));
        Assert.Equal(new NumberedLine(5, message), ChannelCodec.ReadLine(Encoding.UTF8.GetBytes(line)));
    }

    [Fact]
    public void A_type_of_a_later_version_is_no_error()
    {
        Assert.Equal(new NumberedLine(5, new UnknownMessage("new")), ChannelCodec.ReadLine("""{"n":5,"type":"new","x":[1]}"""u8));
    }

    [Theory]
    [InlineData("", "a malformed line of the channel: ")]
    [InlineData("7", "a line of the channel is no map")]
    [InlineData("{}", "a line of the channel has neither n and type, nor ack, nor refused")]
    [InlineData("""{"n":0,"type":"ready"}""", "a line of the channel has neither n and type, nor ack, nor refused")]
    [InlineData("""{"n":1.5,"type":"ready"}""", "a malformed line of the channel: n: an integer from 0 to 18446744073709551615 was expected, not 1.5")]
    [InlineData("""{"n":1,"type":"ipc"}""", "a malformed line of the channel: payload is missing")]
    [InlineData("""{"n":1,"type":"ipc","payload":7}""", "a malformed line of the channel: payload: a string was expected, not 7")]
    [InlineData("""{"n":1,"type":"ipc","payload":null}""", "a malformed line of the channel: payload is missing")]
    [InlineData("""{"n":1,"type":"ready"} {}""", "a malformed line of the channel: ")]
    [InlineData("""{"n":1,"type":"\ud800"}""", "a malformed line of the channel: type: the text is not valid Unicode")]
    [InlineData("""{"ack":-1}""", "a malformed line of the channel: ack: an integer from 0 to 18446744073709551615 was expected, not -1")]
    public void A_malformed_line_is_named(string line, string start)
    {
        ChannelException e = Assert.Throws<ChannelException>(() => ChannelCodec.ReadLine(Encoding.UTF8.GetBytes(line)));

        Assert.StartsWith(start, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_largest_payload_fits_into_a_line_however_it_is_spelled()
    {
        byte[] line = ChannelCodec.Write(new NumberedLine(ulong.MaxValue, new Ipc { Payload = new string('\u0001', 65_536) }));

        Assert.InRange(line.Length, 6 * 65_536, ChannelLimits.MaxLine);
    }

    [Fact]
    public void A_hello_without_its_token_is_none()
    {
        Assert.Throws<ChannelException>(() => ChannelCodec.ReadPeerHello("""{"taken":0,"next":1}"""u8));
        PeerHello hello = ChannelCodec.ReadPeerHello("""{"token":"t","taken":3,"next":9,"refused":[4],"later":{}}"""u8);
        Assert.Equal(("t", 3ul, 9ul, 4ul), (hello.Token, hello.Taken, hello.Next, hello.Refused![0]));
    }
}
