namespace Weft.Runtime.Wasmtime;

/// <summary>Thrown by a <see cref="HostFunction"/> to end the guest that called it, with a guest backtrace.</summary>
internal sealed class GuestInterruptedException(string message) : Exception(message)
{
    /// <summary>What a guest that was told to end says of its end.</summary>
    public const string Ended = "interrupted by the host";
}
