using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Weft.Process.Tests;

/// <summary>A DNS server of the test's in a daemon's own network.</summary>
internal sealed class TestNames : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Func<string, int, string[]> _answer;
    private readonly Dictionary<string, int> _asked = []; // guarded by itself
    private readonly Task _serving;

    /// <param name="socket">Bound to <see cref="Place"/>; owned from here on.</param>
    /// <param name="answer">The addresses of a name when it is asked for the n-th time, from 1.</param>
    public TestNames(Socket socket, Func<string, int, string[]> answer)
    {
        _socket = socket;
        _answer = answer;
        _serving = ServeAsync();
    }

    /// <summary>Port 53 is all that a resolver asks.</summary>
    public static IPEndPoint Place { get; } = new(IPAddress.Parse("127.53.53.53"), 53);

    /// <summary>What a daemon's shell does first, so that it and its sessions ask here.</summary>
    public static string Before => $"echo 'nameserver {Place.Address}' >$TOP/resolv.conf; echo 'hosts: dns' >$TOP/nsswitch.conf; mount --bind $TOP/resolv.conf /etc/resolv.conf; mount --bind $TOP/nsswitch.conf /etc/nsswitch.conf";

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
            byte[] buffer = new byte[512];
            while (true)
            {
                SocketReceiveFromResult question = await _socket.ReceiveFromAsync(buffer, Place);
                await _socket.SendToAsync(Reply(buffer[..question.ReceivedBytes]), question.RemoteEndPoint);
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
