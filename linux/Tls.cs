using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Linux;

/// <summary>TLS said no. <see cref="Untrusted"/>: the peer is not who it should be; else the two could not talk.</summary>
public sealed class TlsException(string message, bool untrusted) : IOException(message)
{
    public bool Untrusted { get; } = untrusted;
}

/// <summary>What a step of a <see cref="TlsConnection"/> waits for.</summary>
public enum TlsWait
{
    None,
    Readable,
    Writable,
}

/// <summary>
/// What connections share: protocol versions and trusted roots. The system's libssl (3.x), loaded at the first use: .NET's SslStream would
/// cost each idle session 0.9 MB and each start 0.7 ms (measured), whether or not it ever fetches.
/// </summary>
public sealed partial class TlsContext : SafeHandle
{
    private const int SSL_VERIFY_PEER = 1;
    private const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    private const int TLS1_2_VERSION = 0x0303;

    private TlsContext(nint context)
        : base(0, ownsHandle: true) => SetHandle(context);

    public override bool IsInvalid => handle == 0;

    /// <summary>For a client: TLS 1.2 or newer, the peer's certificate and name are checked.</summary>
    /// <param name="rootsFile">A PEM file that replaces the system's roots; null for those.</param>
    /// <exception cref="TlsException">There is no usable libssl, or no such file.</exception>
    public static TlsContext ForClient(string? rootsFile = null)
    {
        TlsContext context;
        try
        {
            context = new TlsContext(SSL_CTX_new(TLS_client_method()));
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new TlsException("https needs OpenSSL's libssl.so.3: install libssl3", untrusted: false);
        }

        if (context.IsInvalid)
        {
            throw new TlsException(TlsConnection.LastError("SSL_CTX_new"), untrusted: false);
        }

        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, 0);
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, 0);
        if ((rootsFile is null ? SSL_CTX_set_default_verify_paths(context) : SSL_CTX_load_verify_locations(context, rootsFile, 0)) != 1)
        {
            string reason = TlsConnection.LastError($"load trusted roots {rootsFile}");
            context.Dispose();
            throw new TlsException(reason, untrusted: false);
        }

        return context;
    }

    protected override bool ReleaseHandle()
    {
        SSL_CTX_free(handle);
        return true;
    }

    [LibraryImport("libssl.so.3")]
    private static partial nint TLS_client_method();

    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_CTX_new(nint method);

    [LibraryImport("libssl.so.3")]
    private static partial void SSL_CTX_free(nint context);

    [LibraryImport("libssl.so.3")]
    private static partial void SSL_CTX_set_verify(TlsContext context, int mode, nint callback);

    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_CTX_ctrl(TlsContext context, int command, nint number, nint pointer);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_CTX_set_default_verify_paths(TlsContext context);

    [LibraryImport("libssl.so.3", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SSL_CTX_load_verify_locations(TlsContext context, string file, nint folder);
}

/// <summary>
/// One TLS connection over a socket that does not block. Each call either gets on or says what to wait for on the socket before it is made
/// again with the same arguments. Not for two threads at once.
/// </summary>
public sealed partial class TlsConnection : SafeHandle
{
    private const int SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
    private const int X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 4;
    private const int SSL_ERROR_WANT_READ = 2;
    private const int SSL_ERROR_WANT_WRITE = 3;
    private const int SSL_ERROR_ZERO_RETURN = 6;

    private readonly string _host;
    private readonly Descriptor _socket;
    private readonly bool _socketHeld;

    private TlsConnection(nint ssl, Descriptor socket, string host)
        : base(0, ownsHandle: true)
    {
        SetHandle(ssl);
        _socket = socket;
        _host = host;
        socket.DangerousAddRef(ref _socketHeld);
    }

    public override bool IsInvalid => handle == 0;

    /// <param name="context">Roots and versions.</param>
    /// <param name="socket">Connected, not blocking; stays the caller's and open until this is disposed.</param>
    /// <param name="host">Whom the certificate must name: a DNS name, or an IP address as text.</param>
    /// <param name="isAddress">True where <paramref name="host"/> is an address.</param>
    public static TlsConnection Create(TlsContext context, Descriptor socket, string host, bool isAddress)
    {
        nint ssl = SSL_new(context);
        if (ssl == 0)
        {
            throw new TlsException(LastError("SSL_new"), untrusted: false);
        }

        TlsConnection connection = new(ssl, socket, host);
        bool done;
        if (isAddress)
        {
            done = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host) == 1;
        }
        else
        {
            SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
            done = SSL_set1_host(connection, host) == 1 && SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, host) == 1;
        }

        if (!done || SSL_set_fd(connection, socket.Number) != 1)
        {
            string reason = LastError($"prepare TLS to {host}");
            connection.Dispose();
            throw new TlsException(reason, untrusted: false);
        }

        return connection;
    }

    /// <summary>Does the handshake, certificate and name included.</summary>
    /// <exception cref="TlsException">It failed; no byte of the caller's was sent.</exception>
    public TlsWait Handshake()
    {
        ERR_clear_error();
        int result = SSL_connect(this);
        return result == 1 ? TlsWait.None : Judge(result, "handshake");
    }

    /// <summary>Sends all of <paramref name="bytes"/>, or says what to wait for.</summary>
    public TlsWait Write(ReadOnlySpan<byte> bytes)
    {
        ERR_clear_error();
        int result = SSL_write(this, in MemoryMarshal.GetReference(bytes), bytes.Length);
        return result > 0 ? TlsWait.None : Judge(result, "write");
    }

    /// <summary>Takes what is there; <paramref name="count"/> 0 with <see cref="TlsWait.None"/> is the peer's proper end. A cut connection is an exception: nobody knows what is missing.</summary>
    public TlsWait Read(Span<byte> buffer, out int count)
    {
        ERR_clear_error();
        int result = SSL_read(this, ref MemoryMarshal.GetReference(buffer), buffer.Length);
        count = Math.Max(result, 0);
        if (result > 0)
        {
            return TlsWait.None;
        }

        return SSL_get_error(this, result) == SSL_ERROR_ZERO_RETURN ? TlsWait.None : Judge(result, "read");
    }

    protected override bool ReleaseHandle()
    {
        SSL_free(handle);
        if (_socketHeld)
        {
            _socket.DangerousRelease();
        }

        return true;
    }

    /// <summary>The first error of OpenSSL's queue, which this empties.</summary>
    internal static string LastError(string what)
    {
        nuint error = ERR_get_error();
        ERR_clear_error();
        if (error == 0)
        {
            return $"{what}: failed";
        }

        Span<byte> text = stackalloc byte[256];
        ERR_error_string_n(error, ref MemoryMarshal.GetReference(text), (nuint)text.Length);
        int end = text.IndexOf((byte)0);
        return $"{what}: {Encoding.UTF8.GetString(text[..Math.Max(end, 0)])}";
    }

    private TlsWait Judge(int result, string step)
    {
        switch (SSL_get_error(this, result))
        {
            case SSL_ERROR_WANT_READ:
                return TlsWait.Readable;
            case SSL_ERROR_WANT_WRITE:
                return TlsWait.Writable;
            default:
                nint verified = SSL_get_verify_result(this);
                if (step == "handshake" && verified != 0)
                {
                    ERR_clear_error();
                    throw new TlsException($"TLS with {_host}: {Marshal.PtrToStringUTF8(X509_verify_cert_error_string(verified))}", untrusted: true);
                }

                throw new TlsException(LastError($"TLS {step} with {_host}"), untrusted: false);
        }
    }

    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_new(TlsContext context);

    [LibraryImport("libssl.so.3")]
    private static partial void SSL_free(nint ssl);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_set_fd(TlsConnection ssl, int fd);

    [LibraryImport("libssl.so.3", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint SSL_ctrl(TlsConnection ssl, int command, nint number, string value);

    [LibraryImport("libssl.so.3", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SSL_set1_host(TlsConnection ssl, string host);

    [LibraryImport("libssl.so.3")]
    private static partial void SSL_set_hostflags(TlsConnection ssl, uint flags);

    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_get0_param(TlsConnection ssl);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_connect(TlsConnection ssl);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_read(TlsConnection ssl, ref byte buffer, int count);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_write(TlsConnection ssl, in byte bytes, int count);

    [LibraryImport("libssl.so.3")]
    private static partial int SSL_get_error(TlsConnection ssl, int result);

    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_get_verify_result(TlsConnection ssl);

    [LibraryImport("libcrypto.so.3", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int X509_VERIFY_PARAM_set1_ip_asc(nint parameters, string address);

    [LibraryImport("libcrypto.so.3")]
    private static partial nint X509_verify_cert_error_string(nint code);

    [LibraryImport("libcrypto.so.3")]
    private static partial nuint ERR_get_error();

    [LibraryImport("libcrypto.so.3")]
    private static partial void ERR_clear_error();

    [LibraryImport("libcrypto.so.3")]
    private static partial void ERR_error_string_n(nuint error, ref byte text, nuint size);
}
