using FsCheck;
using Weft.Core.MessagePack;
using Weft.Core.Protocol;
using Xunit;

namespace Core.Tests.Protocol;

public sealed class ControlCodecProperties
{
    [Fact]
    public void Any_request_survives_both_encodings() =>
        Prop.ForAll<string, string[], ulong>((text, list, number) =>
        {
            uint seq = (uint)(number >> 3);
            string[] args = [.. list.Select(Whole)];
            var request = new LaunchApp
            {
                AppId = Whole(text),
                SurfaceId = number % (SessionId.MaxValue + 1),
                Args = args,
                Env = args.Distinct().ToDictionary(key => key, key => key + "v"),
                Limits = new LimitValues { Cpu = Whole(text), Tasks = seq },
                Console = seq % 2 == 0,
            };
            foreach (ControlEncoding encoding in Enum.GetValues<ControlEncoding>())
            {
                ReceivedRequest read = ControlCodec.ReadRequest(ControlCodec.Encode(request, encoding, number), encoding);

                Assert.Null(read.Error);
                Assert.Equal(number, read.Seq);
                var again = (LaunchApp)read.Request!;
                Assert.Equal(request.Args, again.Args);
                Assert.Equal(request.Env, again.Env);
                Assert.Equal(request with { Args = null, Env = null }, again with { Args = null, Env = null });
            }
        }).Check(Many());

    [Fact]
    public void Any_double_stays_a_double_and_the_same() =>
        Prop.ForAll<NormalFloat>(value =>
        {
            byte[] bytes = ControlCodec.Encode(new PanelGesture { GestureType = 0, Fingers = 0, Dx = value.Get, Dy = Math.Truncate(value.Get) }, ControlEncoding.MessagePack);
            var gesture = (PanelGesture)ControlCodec.ReadRequest(bytes, ControlEncoding.MessagePack).Request!;

            Assert.Equal(value.Get, gesture.Dx);
            Assert.Equal(Math.Truncate(value.Get), gesture.Dy);
        }).Check(Many());

    [Fact]
    public void Any_bytes_are_a_request_or_an_error_never_both() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            foreach (ControlEncoding encoding in Enum.GetValues<ControlEncoding>())
            {
                ReceivedRequest read = ControlCodec.ReadRequest(bytes, encoding);
                Assert.True(read.Request is null != read.Error is null);
            }
        }).Check(Many());

    [Fact]
    public void Any_bytes_are_values_or_a_MessagePackException() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                new MessagePackReader(bytes).Skip();
            }
            catch (MessagePackException)
            {
            }
        }).Check(Many());

    /// <summary>FsCheck makes lone surrogates too, which no UTF-8 has.</summary>
    private static string Whole(string? text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text ?? ""));

    private static Configuration Many()
    {
        Configuration configuration = Configuration.QuickThrowOnFailure;
        configuration.MaxNbOfTest = 1000;
        return configuration;
    }
}
