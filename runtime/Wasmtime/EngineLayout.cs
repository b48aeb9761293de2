namespace Weft.Runtime.Wasmtime;

/// <summary>
/// Sizes of the C API's structures that differ between major versions of libwasmtime, printed from each version's own headers.
/// All others are equal in every version of this table. A caller that reserves too little has its stack overwritten, so a version
/// that is not listed is refused unless the operator insists; then it gets room to spare.
/// </summary>
/// <param name="Major">Major version of the library.</param>
/// <param name="ComponentFunctionSize">Bytes of <c>wasmtime_component_func_t</c>.</param>
/// <param name="Tested">False for a version the operator insisted on.</param>
internal sealed record EngineLayout(int Major, int ComponentFunctionSize, bool Tested = true)
{
    /// <summary>The variable that allows a version outside the table; its value is not looked at.</summary>
    public const string AllowUntested = "WEFT_ENGINE_ALLOW_UNTESTED";

    private static readonly EngineLayout[] Known =
    [
        new(48, ComponentFunctionSize: 24),
        new(50, ComponentFunctionSize: 32),
    ];

    /// <summary>The layout of a major version.</summary>
    /// <exception cref="EngineException">It is not in the table and nobody insisted.</exception>
    public static EngineLayout For(int major, string library, bool allowUntested)
    {
        foreach (EngineLayout known in Known)
        {
            if (known.Major == major)
            {
                return known;
            }
        }

        if (allowUntested)
        {
            return new EngineLayout(major, ComponentFunctionSize: 256, Tested: false);
        }

        throw new EngineException(
            EngineFailure.Untested,
            $"engine {library} is Wasmtime {major}, which Weft was not tested with (tested: {string.Join(", ", Known.Select(known => known.Major))}); name another library in WEFT_WASMTIME_LIB, or set {AllowUntested}=1 to use it all the same");
    }
}
