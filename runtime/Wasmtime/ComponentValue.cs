using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Runtime.Wasmtime;

/// <summary>Kinds of <see cref="ComponentValue"/>, as in <c>component/val.h</c>.</summary>
internal enum ComponentKind : byte
{
    Bool = 0,
    U8 = 2,
    U16 = 4,
    U32 = 6,
    U64 = 8,
    String = 12,
    List = 13,
    Record = 14,
    Tuple = 15,
    Variant = 16,
    Enum = 17,
    Option = 18,
    Result = 19,
}

/// <summary>
/// <c>wasmtime_component_val_t</c>: a value at a component's border. What is nested lies in the library's memory; whoever holds a value owns
/// all below it, and the library frees the results a host function writes.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal unsafe partial struct ComponentValue
{
    [FieldOffset(0)]
    public ComponentKind Kind;

    [FieldOffset(8)]
    public byte Byte;

    [FieldOffset(8)]
    public ushort U16;

    [FieldOffset(8)]
    public uint U32;

    /// <summary>Text of a string or the name of an enum's case.</summary>
    [FieldOffset(8)]
    public ByteVector Name;

    /// <summary>Items of a list or tuple.</summary>
    [FieldOffset(8)]
    public Items List;

    [FieldOffset(8)]
    public Fields Record;

    /// <summary>Content of an option; null for none.</summary>
    [FieldOffset(8)]
    public ComponentValue* Option;

    /// <summary>Content of a result; null where its case carries nothing.</summary>
    [FieldOffset(16)]
    public ComponentValue* ResultContent;

    /// <summary>Content of a variant, whose case is <see cref="Name"/>; null where it carries nothing.</summary>
    [FieldOffset(24)]
    public ComponentValue* VariantContent;

    public static ComponentValue Of(string text) => new() { Kind = ComponentKind.String, Name = ByteVector.Of(text) };

    public static ComponentValue Of(ushort number) => new() { Kind = ComponentKind.U16, U16 = number };

    public static ComponentValue Of(uint number) => new() { Kind = ComponentKind.U32, U32 = number };

    public static ComponentValue EnumOf(string name) => new() { Kind = ComponentKind.Enum, Name = ByteVector.Of(name) };

    public static ComponentValue None => new() { Kind = ComponentKind.Option };

    public static ComponentValue Some(ComponentValue content) => new() { Kind = ComponentKind.Option, Option = New(content) };

    /// <summary>The good case of a result; no content for <c>result&lt;_, …&gt;</c>.</summary>
    public static ComponentValue Ok(ComponentValue? content = null) =>
        new() { Kind = ComponentKind.Result, Byte = 1, ResultContent = content is { } value ? New(value) : null };

    public static ComponentValue Error(ComponentValue content) => new() { Kind = ComponentKind.Result, ResultContent = New(content) };

    public static ComponentValue Variant(string name, ComponentValue? content = null) =>
        new() { Kind = ComponentKind.Variant, Name = ByteVector.Of(name), VariantContent = content is { } value ? New(value) : null };

    /// <summary>A tuple of values that it takes over.</summary>
    public static ComponentValue Tuple(params ReadOnlySpan<ComponentValue> items)
    {
        ComponentValue made = new() { Kind = ComponentKind.Tuple };
        wasmtime_component_valtuple_new_uninit(&made.List, (nuint)items.Length);
        items.CopyTo(new Span<ComponentValue>(made.List.Data, items.Length));
        return made;
    }

    /// <summary>A list of values that it takes over.</summary>
    public static ComponentValue ListOf(ReadOnlySpan<ComponentValue> items)
    {
        ComponentValue made = new() { Kind = ComponentKind.List };
        wasmtime_component_vallist_new_uninit(&made.List, (nuint)items.Length);
        items.CopyTo(new Span<ComponentValue>(made.List.Data, items.Length));
        return made;
    }

    /// <summary>A list of bytes; each takes 32 bytes while it crosses the border.</summary>
    public static ComponentValue ListOf(ReadOnlySpan<byte> bytes)
    {
        ComponentValue made = new() { Kind = ComponentKind.List };
        wasmtime_component_vallist_new_uninit(&made.List, (nuint)bytes.Length);
        var items = new Span<ComponentValue>(made.List.Data, bytes.Length);
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = new ComponentValue { Kind = ComponentKind.U8, Byte = bytes[i] };
        }

        return made;
    }

    /// <summary>A record of fields that it takes over.</summary>
    public static ComponentValue RecordOf(params ReadOnlySpan<(string Name, ComponentValue Value)> fields)
    {
        ComponentValue made = new() { Kind = ComponentKind.Record };
        wasmtime_component_valrecord_new_uninit(&made.Record, (nuint)fields.Length);
        for (int i = 0; i < fields.Length; i++)
        {
            made.Record.Data[i] = new Field { Name = ByteVector.Of(fields[i].Name), Value = fields[i].Value };
        }

        return made;
    }

    /// <summary>The text of a string.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Name.Span);

    /// <summary>The bytes of a list of them.</summary>
    public readonly byte[] Bytes()
    {
        ReadOnlySpan<ComponentValue> items = List.Span;
        byte[] bytes = new byte[items.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = items[i].Byte;
        }

        return bytes;
    }

    private static ComponentValue* New(ComponentValue value) => wasmtime_component_val_new(&value);

    /// <summary><c>wasmtime_component_vallist_t</c> and <c>…valtuple_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Items
    {
        public nuint Size;
        public ComponentValue* Data;

        public readonly ReadOnlySpan<ComponentValue> Span => new(Data, checked((int)Size));
    }

    /// <summary><c>wasmtime_component_valrecord_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Fields
    {
        public nuint Size;
        public Field* Data;
    }

    /// <summary><c>wasmtime_component_valrecord_entry_t</c>: 48 bytes, the value at 16.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Field
    {
        public ByteVector Name;
        public ComponentValue Value;
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial ComponentValue* wasmtime_component_val_new(ComponentValue* value);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_vallist_new_uninit(Items* made, nuint size);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_valtuple_new_uninit(Items* made, nuint size);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasmtime_component_valrecord_new_uninit(Fields* made, nuint size);
}
