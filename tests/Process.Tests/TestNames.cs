using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Process.Tests;

/// <summary>A DNS server of the test's, on a loopback address of its own: port 53 is all that a resolver asks.</summary>
internal sealed class TestNames : IAsyncDisposable
{
    public const string Address = "127.53.53.53";

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Parse(Address), 53));
    private readonly Func<string, int, string[]> _answer;
    private readonly Dictionary<string, int> _asked = []; // guarded by itself
    private readonly Task _serving;

    /// <param name="answer">The addresses of a name when it is asked for the n-th time, from 1.</param>
    public TestNames(Func<string, int, string[]> answer)
    {
        _answer = answer;
        _serving = ServeAsync();
    }

    /// <summary>What a daemon's shell does first, so that it and its sessions ask here.</summary>
    public static string Before => $"echo 'nameserver {Address}' >$TOP/resolv.conf; echo 'hosts: dns' >$TOP/nsswitch.conf; mount --bind $TOP/resolv.conf /etc/resolv.conf; mount --bind $TOP/nsswitch.conf /etc/nsswitch.conf";

    /// <summary>How often a name's IPv4 addresses were asked for.</summary>
    public int Asked(string name)
    {
        lock (_asked)
        {
            return _asked.GetValueOrDefault(name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                UdpReceiveResult question = await _socket.ReceiveAsync();
                await _socket.SendAsync(Reply(question.Buffer), question.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <summary>RFC 1035: header, the question again, answers that point at it. AAAA and all else: nothing.</summary>
    private byte[] Reply(byte[] question)
    {
        int at = 12;
        var labels = new List<string>();
        while (question[at] != 0)
        {
            labels.Add(System.Text.Encoding.ASCII.GetString(question, at + 1, question[at]));
            at += question[at] + 1;
        }

        string name = string.Join('.', labels).ToLowerInvariant();
        int type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1));
        string[] addresses = [];
        if (type == 1)
        {
            int count;
            lock (_asked)
            {
                count = _asked[name] = _asked.GetValueOrDefault(name) + 1;
            }

            addresses = _answer(name, count);
        }

        List<byte> reply = [.. question[..2], 0x81, 0x80, 0, 1, 0, (byte)addresses.Length, 0, 0, 0, 0, .. question[12..(at + 5)]];
        foreach (string address in addresses)
        {
            reply.AddRange([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, .. IPAddress.Parse(address).GetAddressBytes()]);
        }

        return [.. reply];
    }
}
