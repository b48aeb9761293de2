namespace Weft.Runtime.Engines;

/// <summary>What is to run.</summary>
/// <param name="Module">Path of the module; <c>/proc/self/fd/N</c> where a descriptor was passed.</param>
/// <param name="Code">Descriptor of its compiled code, or -1: then the module is compiled here.</param>
/// <param name="LinearMemory">Most bytes of one linear memory.</param>
internal sealed record GuestProgram(string Module, int Code, long LinearMemory);
