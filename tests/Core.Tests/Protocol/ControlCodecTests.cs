using System.Buffers;
using System.Text;
using System.Text.Json;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;
using Xunit;

namespace Core.Tests.Protocol;

public sealed class ControlCodecTests
{
    private static ReceivedRequest Json(string json) => ControlCodec.ReadRequest(Encoding.UTF8.GetBytes(json), ControlEncoding.Json);

    private static ReceivedRequest Pack(Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return ControlCodec.ReadRequest(output.WrittenSpan, ControlEncoding.MessagePack);
    }

    private static string Shown(ControlMessage message, ulong? number = null) => Encoding.UTF8.GetString(ControlCodec.Encode(message, ControlEncoding.Json, number));

    [Fact]
    public void A_request_is_read_with_its_number()
    {
        ReceivedRequest read = Json("""{"app_id":"a.b.c","seq":7,"args":["x","y"],"env":{"K":"v"},"limits":{"cpu":"50%","tasks":3,"memory":1024},"type":"LAUNCH_APP","new_field":{"a":[1]}}""");

        Assert.Null(read.Error);
        Assert.Equal(7ul, read.Seq);
        LaunchApp launch = Assert.IsType<LaunchApp>(read.Request);
        Assert.Equal("a.b.c", launch.AppId);
        Assert.Equal(["x", "y"], launch.Args);
        Assert.Equal("v", launch.Env!["K"]);
        Assert.Equal(new LimitValues { Cpu = "50%", Tasks = 3, Memory = "1024" }, launch.Limits);
        Assert.False(launch.Console);
    }

    [Fact]
    public void Nil_is_the_same_as_absent()
    {
        ReceivedRequest read = Json("""{"type":"LAUNCH_APP","seq":null,"app_id":"a.b.c","surface_id":null,"args":null,"env":null,"limits":null,"backend":null,"console":null,"request_id":null}""");

        Assert.Null(read.Seq);
        Assert.Equal(new LaunchApp { AppId = "a.b.c" }, read.Request);
        Assert.Equal("LAUNCH_APP: app_id is missing", Json("""{"type":"LAUNCH_APP","app_id":null}""").Error!.Message);
    }

    [Theory]
    [InlineData("""{"type":"TERMINATE_APP"}""", "TERMINATE_APP: session_id is missing")]
    [InlineData("""{"type":"TERMINATE_APP","session_id":1.5}""", "TERMINATE_APP: session_id: an integer from 0 to 9007199254740991 was expected, not 1.5")]
    [InlineData("""{"type":"TERMINATE_APP","session_id":1e3}""", "TERMINATE_APP: session_id: an integer from 0 to 9007199254740991 was expected, not 1e3")]
    [InlineData("""{"type":"TERMINATE_APP","session_id":"1"}""", "TERMINATE_APP: session_id: an integer from 0 to 9007199254740991 was expected, not a string")]
    [InlineData("""{"type":"TERMINATE_APP","session_id":-1}""", "TERMINATE_APP: session_id: an integer from 0 to 9007199254740991 was expected, not -1")]
    [InlineData("""{"type":"TERMINATE_APP","session_id":9007199254740992}""", "TERMINATE_APP: session_id: an integer from 0 to 9007199254740991 was expected, not 9007199254740992")]
    [InlineData("""{"type":"TERMINATE_APP","session_id":1,"force":"yes"}""", "TERMINATE_APP: force: true or false was expected, not a string")]
    [InlineData("""{"type":"LAUNCH_APP","app_id":7}""", "LAUNCH_APP: app_id: a string was expected, not 7")]
    [InlineData("""{"type":"LAUNCH_APP","app_id":"a.b.c","args":"x"}""", "LAUNCH_APP: args: a list was expected")]
    [InlineData("""{"type":"LAUNCH_APP","app_id":"a.b.c","args":["x",7]}""", "LAUNCH_APP: args[1]: a string was expected, not 7")]
    [InlineData("""{"type":"LAUNCH_APP","app_id":"a.b.c","env":["x"]}""", "LAUNCH_APP: env: a map was expected")]
    [InlineData("""{"type":"LAUNCH_APP","app_id":"a.b.c","limits":5}""", "LAUNCH_APP: limits: a map was expected")]
    [InlineData("""{"type":"LAUNCH_APP","app_id":"a.b.c","limits":{"tasks":-1}}""", "LAUNCH_APP: limits.tasks: an integer from 0 to 4294967295 was expected, not -1")]
    [InlineData("""{"type":"MINT_TOKEN","role":"root"}""", "MINT_TOKEN: role: one of system, observer, app was expected, not 'root'")]
    [InlineData("""{"type":"MINT_TOKEN","role":0}""", "MINT_TOKEN: role: one of system, observer, app was expected, not 0")]
    [InlineData("""{"type":"PANEL_GESTURE","gesture_type":1,"fingers":3,"dx":"1","dy":0}""", "PANEL_GESTURE: dx: a finite number was expected, not a string")]
    [InlineData("""{"type":"IPC_FORWARD","session_id":1,"payload":"\ud800"}""", "IPC_FORWARD: payload: the string is not valid Unicode")]
    [InlineData("""{"type":"SET_SETTING","key":"k","value":"\udc00"}""", "SET_SETTING: value: the string is not valid Unicode")]
    [InlineData("""{"type":"SET_SETTING","key":"k","value":[1,{"a":["b\ud800"]}]}""", "SET_SETTING: value: the string is not valid Unicode")]
    public void A_wrong_field_is_answered_400_with_its_name(string json, string message)
    {
        ReceivedRequest read = Json(json);

        Assert.Null(read.Request);
        Assert.Equal(400, read.Error!.Code);
        Assert.Equal(message, read.Error.Message);
    }

    [Theory]
    [InlineData("", "malformed message: ")]
    [InlineData("{", "malformed message: ")]
    [InlineData("{}", "malformed message: type is missing; send a map with a type")]
    [InlineData("[]", "malformed message: a map was expected, not a list")]
    [InlineData("7", "malformed message: a map was expected, not 7")]
    [InlineData("""{"type":"STATUS"} x""", "malformed message: ")]
    [InlineData("""{"type":"STATUS","type":"STATUS"}""", "malformed message: the key 'type' is there twice, at byte 17")]
    [InlineData("""{"type":"STATUS","x":{"a":1,"\u0061":2}}""", "malformed message: the key 'a' is there twice, at byte 28")]
    [InlineData("""{"type":"PANEL_GESTURE","gesture_type":1,"fingers":3,"dx":1e999,"dy":0}""", "malformed message: a number that is not finite, at byte 58")]
    [InlineData("""{"type":"SET_SETTING","key":"k","value":[1e999]}""", "malformed message: a number that is not finite, at byte 41")]
    [InlineData("""{"type":5}""", "malformed message: type: a string was expected, not 5")]
    [InlineData("""{"type":"STATUS","seq":1.0}""", "malformed message: seq: an integer from 0 to 18446744073709551615 was expected, not 1.0")]
    [InlineData("""{"type":"STATUS","\udc00":1}""", "malformed message: a key that is not valid Unicode, at byte 17")]
    public void Malformed_JSON_is_answered_400_and_says_where(string json, string start)
    {
        ReceivedRequest read = Json(json);

        Assert.Null(read.Request);
        Assert.Equal(400, read.Error!.Code);
        Assert.StartsWith(start, read.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_that_is_no_UTF8_or_too_deep_is_answered_400()
    {
        byte[] latin1 = [.. "{\"type\":\""u8, 0xe9, .. "\"}"u8];
        Assert.Equal("malformed message: the message is not valid UTF-8", ControlCodec.ReadRequest(latin1, ControlEncoding.Json).Error!.Message);

        string deep = "{\"type\":\"STATUS\",\"x\":" + new string('[', 100_000);
        Assert.StartsWith("malformed message: ", Json(deep).Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FLY", "FLY: unknown request type")]
    [InlineData("APP_READY", "APP_READY: unknown request type")]
    [InlineData("ATTACH", "ATTACH: not in this version")]
    [InlineData("CONSOLE_OPEN", "CONSOLE_OPEN: not in this version")]
    public void An_unknown_type_is_answered_400_with_the_requests_number(string type, string message)
    {
        ReceivedRequest json = Json($$"""{"seq":9,"type":"{{type}}"}""");
        Assert.Equal(message, json.Error!.Message);
        Assert.Equal(9ul, json.Seq);
        Assert.Equal(type, json.Type);

        ReceivedRequest array = Pack(output =>
        {
            var writer = new MessagePackWriter(output);
            writer.WriteArrayHeader(1);
            writer.WriteString(type);
        });
        Assert.Equal(message, array.Error!.Message);
    }

    [Fact]
    public void The_array_form_has_the_fields_in_their_order_and_may_be_short_or_longer()
    {
        foreach (int extra in (int[])[0, 1, 2, 7, 9])
        {
            ReceivedRequest read = Pack(output =>
            {
                var writer = new MessagePackWriter(output);
                writer.WriteArrayHeader(2 + extra);
                writer.WriteString("LAUNCH_APP");
                writer.WriteString("a.b.c");
                for (int i = 0; i < extra; i++)
                {
                    if (i == 1)
                    {
                        writer.WriteArrayHeader(1);
                        writer.WriteString("x");
                    }
                    else
                    {
                        writer.WriteNil();
                    }
                }
            });

            Assert.Null(read.Error);
            LaunchApp launch = Assert.IsType<LaunchApp>(read.Request);
            Assert.Equal("a.b.c", launch.AppId);
            Assert.Equal(extra >= 2 ? (string[])["x"] : null, launch.Args);
        }
    }

    [Fact]
    public void Only_the_seven_requests_have_an_array_form()
    {
        ReceivedRequest status = Pack(output =>
        {
            var writer = new MessagePackWriter(output);
            writer.WriteArrayHeader(1);
            writer.WriteString("STATUS");
        });
        Assert.Equal("bad MessagePack: byte 0: STATUS has no array form; send a map", status.Error!.Message);

        foreach (string name in (string[])["QUERY_RUNNING", "QUERY_INSTALLED_APPS"])
        {
            Assert.NotNull(Pack(output =>
            {
                var writer = new MessagePackWriter(output);
                writer.WriteArrayHeader(1);
                writer.WriteString(name);
            }).Request);
        }
    }

    [Theory]
    [InlineData("c0", "malformed message: a map was expected, not nothing")]
    [InlineData("90", "bad MessagePack: byte 0: an empty array; the first element is the type")]
    [InlineData("9107", "bad MessagePack: byte 1: a value of type String was expected, not Integer")]
    [InlineData("8101c0", "bad MessagePack: byte 1: a key of type Integer; the keys of control messages are strings")]
    [InlineData("81a474797065c40153", "bad MessagePack: byte 6: a byte string; control messages have text only")]
    [InlineData("81a474797065d6ff00000000", "bad MessagePack: byte 6: an extension value; control messages have none")]
    [InlineData("81a474797065ca7fc00000", "bad MessagePack: byte 6: a number that is not finite")]
    [InlineData("80c0", "bad MessagePack: byte 1: 1 bytes left over after the value")]
    [InlineData("82a474797065a6535441545553a474797065c0", "malformed message: the key 'type' is there twice")]
    [InlineData("", "bad MessagePack: byte 0: the end stands where a value was expected")]
    public void Malformed_MessagePack_is_answered_400_and_says_where(string hex, string start)
    {
        ReceivedRequest read = ControlCodec.ReadRequest(Convert.FromHexString(hex), ControlEncoding.MessagePack);

        Assert.Null(read.Request);
        Assert.Equal(400, read.Error!.Code);
        Assert.StartsWith(start, read.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":7,"seq":5}""", 5)]
    [InlineData("""{"seq":5,"type":["STATUS"]}""", 5)]
    [InlineData("""{"type":"STATUS","x":1,"x":2,"seq":5}""", 5)]
    [InlineData("""{"type":"STATUS","type":"STATUS","seq":5}""", 5)]
    [InlineData("""{"type":"STATUS","x":{"seq":6,"y":1e999},"seq":5}""", 5)]
    [InlineData("""{"type":"STATUS","\ud800":1,"seq":5}""", 5)]
    [InlineData("""{"seq":5,"type":"STATUS"} {}""", 5)]
    [InlineData("""{"seq":5,"type":"STATUS" """, 5)]
    [InlineData("""{"type":"STATUS","seq":5""", null)] // 5 may be the beginning of 57
    [InlineData("""{"type":7,"seq":5,"seq":6}""", null)]
    [InlineData("""{"type":7,"seq":-5}""", null)]
    [InlineData("""{"type":7,"seq":"5"}""", null)]
    [InlineData("""{"type":7,"x":{"seq":5}}""", null)]
    [InlineData("""[{"seq":5}]""", null)]
    public void A_number_that_can_be_read_is_answered_whatever_else_is_wrong(string json, int? seq)
    {
        ReceivedRequest read = Json(json);
        Assert.Equal((400, (ulong?)seq), (read.Error!.Code, read.Seq));
    }

    [Theory]
    [InlineData("82a47479706507a373657105", 5)] // a type that is a number
    [InlineData("82a373657105a47479706507", 5)]
    [InlineData("82a474797065c40153a373657105", 5)] // a byte string
    [InlineData("82a4747970659101a373657105", 5)]
    [InlineData("8201c0a373657105", 5)] // a key that is a number
    [InlineData("82a178d40100a373657105", 5)] // an extension
    [InlineData("82a178cb7ff0000000000000a3736571cfffffffffffffffff", -1)] // infinity, and the largest number
    [InlineData("83a474797065a6535441545553a173c0a173c0", null)]
    [InlineData("84a474797065a6535441545553a173c0a173c0a373657105", 5)] // a key twice
    [InlineData("82a373657105a474797065a6535441", 5)] // cut off
    [InlineData("81a373657105c0", 5)] // bytes left over
    [InlineData("82a4747970650781a373657105", null)] // not its own
    [InlineData("83a373657105a373657106a47479706507", null)] // two
    [InlineData("82a47479706507a3736571ff", null)] // negative
    [InlineData("82a47479706507a3736571cb4014000000000000", null)] // a float
    public void A_number_that_can_be_read_is_answered_in_MessagePack_too(string hex, int? seq)
    {
        ReceivedRequest read = ControlCodec.ReadRequest(Convert.FromHexString(hex), ControlEncoding.MessagePack);
        Assert.Equal((400, seq is null ? null : unchecked((ulong)seq)), (read.Error!.Code, read.Seq));
    }

    [Fact]
    public void A_float_never_passes_for_an_integer_in_MessagePack()
    {
        ReceivedRequest read = Pack(output =>
        {
            var writer = new MessagePackWriter(output);
            writer.WriteMapHeader(2);
            writer.WriteString("type");
            writer.WriteString("QUERY_APP_STATE");
            writer.WriteString("session_id");
            writer.WriteDouble(1);
        });

        Assert.Equal("QUERY_APP_STATE: session_id: an integer from 0 to 9007199254740991 was expected, not 1.0", read.Error!.Message);
    }

    [Fact]
    public void Nested_100000_deep_is_refused_and_the_process_lives()
    {
        byte[] deep = [0x81, 0xa4, .. "type"u8, .. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];

        Assert.Contains("more than 32 deep", ControlCodec.ReadRequest(deep, ControlEncoding.MessagePack).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_million_keys_are_read_in_time()
    {
        var json = new StringBuilder("{\"type\":\"STATUS\"");
        for (int i = 0; json.Length < 4_000_000; i++)
        {
            json.Append(",\"k").Append(i).Append("\":{\"a\":0}");
        }

        json.Append('}');
        Assert.NotNull(Json(json.ToString()).Request);
    }

    [Fact]
    public void Replies_carry_the_number_and_broadcasts_none()
    {
        var state = new AppState { SessionId = new SessionId(5), State = SessionState.Running };

        Assert.Equal("""{"type":"APP_STATE","session_id":5,"state":"running"}""", Shown(state));
        Assert.Equal("""{"type":"APP_STATE","re":18446744073709551615,"session_id":5,"state":"running"}""", Shown(state, ulong.MaxValue));
        Assert.Equal("""{"type":"OK"}""", Shown(new Ok()));
        Assert.Equal("""{"type":"OK","re":1}""", Shown(new Ok(), 1));
        Assert.Equal("""{"type":"STATUS","seq":1}""", Shown(new Status(), 1));
    }

    [Fact]
    public void An_end_has_its_wire_names()
    {
        var state = new AppState
        {
            SessionId = new SessionId(5),
            State = SessionState.Stopped,
            End = new SessionEnd { Cause = EndCause.DaemonLostIt, Message = "Weft was restarted.", Signal = 9, Facts = [new Fact { At = 1, Source = "appd", What = "gone" }] },
        };

        Assert.Equal(
            """{"type":"APP_STATE","session_id":5,"state":"stopped","end":{"cause":"daemon_lost_it","message":"Weft was restarted.","signal":9,"facts":[{"at":1,"source":"appd","what":"gone"}]}}""",
            Shown(state));
    }

    [Fact]
    public void A_gesture_keeps_its_doubles_in_MessagePack()
    {
        byte[] bytes = ControlCodec.Encode(new NavigationGesture { GestureType = 1, Fingers = 3, Dx = 1, Dy = -0.5 }, ControlEncoding.MessagePack);
        var reader = new MessagePackReader(bytes);

        Assert.Equal(5, reader.ReadMapHeader());
        for (int i = 0; i < 3; i++)
        {
            reader.Skip();
            reader.Skip();
        }

        Assert.Equal("dx", reader.ReadString());
        Assert.Equal(MessagePackType.Float, reader.PeekType());
        Assert.Equal(1.0, reader.ReadDouble());
    }

    [Fact]
    public void The_session_reply_is_the_list_entry_and_more()
    {
        var info = new SessionInfo
        {
            SessionId = new SessionId(3),
            AppId = "a.b.c",
            Name = "É \"x\"",
            Version = "1.0.0",
            State = SessionState.Running,
            StartedAt = 1000,
            Pid = 7,
            Backend = "host",
            RuntimeVersion = "0.1.0",
            Epoch = 0,
            Console = false,
            Development = true,
        };
        using JsonDocument receipt = JsonDocument.Parse("""{"enforcement":"unenforced"}""");
        SessionDetails details = SessionDetails.Of(info, [new Grant { Id = 1, Kind = GrantKind.Net, Name = "net:fetch:*", Used = 0 }], new LimitValues { Cpu = "50%" }, receipt.RootElement, new SessionUsage { CpuMs = 5 }, null);

        Assert.Equal(
            """{"type":"SESSION","re":2,"grants":[{"id":1,"kind":"net","name":"net:fetch:*","used":0}],"limits":{"cpu":"50%"},"receipt":{"enforcement":"unenforced"},"usage":{"cpu_ms":5},"session_id":3,"app_id":"a.b.c","name":"É \"x\"","version":"1.0.0","state":"running","started_at":1000,"pid":7,"backend":"host","runtime_version":"0.1.0","epoch":0,"console":false,"development":true}""",
            Shown(details, 2));
        Assert.Equal(
            """{"type":"RUNNING_APPS","sessions":[{"session_id":3,"app_id":"a.b.c","name":"É \"x\"","version":"1.0.0","state":"running","started_at":1000,"pid":7,"backend":"host","runtime_version":"0.1.0","epoch":0,"console":false,"development":true}]}""",
            Shown(new RunningApps { Sessions = [details] }));
    }

    [Theory]
    [InlineData(ControlEncoding.Json)]
    [InlineData(ControlEncoding.MessagePack)]
    public void A_reply_comes_back_in_both_encodings(ControlEncoding encoding)
    {
        var reply = new LaunchAck { SessionId = new SessionId(SessionId.MaxValue), AppId = "a.b.c", Existing = true };

        ReceivedReply read = ControlCodec.ReadReply(ControlCodec.Encode(reply, encoding, 4), encoding);

        Assert.Equal(reply, read.Reply);
        Assert.Equal("LAUNCH_ACK", read.Type);
        Assert.Equal(4ul, read.Re);
    }

    [Fact]
    public void A_reply_of_a_later_version_is_no_error()
    {
        ReceivedReply read = ControlCodec.ReadReply("""{"type":"SOMETHING_NEW","x":1}"""u8, ControlEncoding.Json);

        Assert.Null(read.Reply);
        Assert.Equal("SOMETHING_NEW", read.Type);
    }

    [Fact]
    public void Every_type_has_one_record_and_every_record_one_type()
    {
        Type[] records = [.. typeof(ControlMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ControlMessage)) && !type.IsAbstract && type != typeof(SessionInfo))];

        Assert.Equal(records.OrderBy(type => type.Name), ControlTypes.ByRecord.Keys.OrderBy(type => type.Name));
    }
}
