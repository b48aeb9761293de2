using System.Diagnostics;
using System.Text;
using Weft.Core.Apps;
using Weft.Core.Archives;
using Weft.Core.Store;
using Weft.Core.Tests.Store;
using Weft.Linux;
using Weft.Tests.Support;
using Xunit;

namespace Weft.Core.Tests.Archives;

public sealed class PackageArchiveTests
{
    private const string Id = TestPackage.Id;
    private const string Refused = "the archive is refused: ";

    [Fact]
    public async Task What_bundle_packs_installs_and_unpacks_to_the_same_digest()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder, store.Key);
        string deep = Path.Combine(package, "ui", new string('d', 90), new string('e', 90));
        Directory.CreateDirectory(deep);
        File.WriteAllText(Path.Combine(deep, new string('f', 200)), "deep");
        File.WriteAllText(Path.Combine(package, "ui/ü.txt"), "");
        PackageFolder.Sign(package, store.Key);

        string archive = PackageArchive.Bundle(package, store.Folder["out.wapp"]);
        InstallResult result = await store.Install(archive);
        Assert.True(result.Package.Trusted);
        Assert.Equal(Id, PackageArchive.Unbundle(archive, store.Folder.Path).Value);
        Assert.Equal(result.Package.Digest, PackageFolder.Verify(store.Folder[Id], store.Key.PublicKey));
        PackageException e = Assert.Throws<PackageException>(() => PackageArchive.Unbundle(archive, store.Folder.Path));
        Assert.Equal($"{store.Folder[Id]} is there already: move it away", e.Message);
        Assert.Empty(Directory.GetFileSystemEntries(store.Folder.Path, ".weft*"));
    }

    [Fact]
    public void The_same_files_give_the_same_bytes()
    {
        using TestFolder folder = new();
        string package = TestPackage.Make(folder);
        byte[] first = File.ReadAllBytes(PackageArchive.Bundle(package, folder["a.wapp"]));
        File.SetLastWriteTimeUtc(Path.Combine(package, "app.wasm"), DateTime.UnixEpoch);
        File.SetUnixFileMode(Path.Combine(package, "app.wasm"), (UnixFileMode)0x1FF);
        Assert.Equal(first, File.ReadAllBytes(PackageArchive.Bundle(package, folder["b.wapp"])));
    }

    public static TheoryData<string> Tools => new() { "tar --zstd", "tar --gzip", "tar --format=ustar --zstd", "tar --format=posix --gzip", "tar --format=gnu --zstd", "bsdtar --zstd" };

    [SkippableTheory]
    [MemberData(nameof(Tools))]
    public async Task Archives_of_other_tools_are_read(string tool)
    {
        Prerequisite.Need(File.Exists("/usr/bin/" + tool.Split(' ')[0]) && (File.Exists("/usr/bin/zstd") || !tool.Contains("zstd", StringComparison.Ordinal)), tool.Split(' ')[0] + " and zstd");
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder, store.Key, name: Id);
        if (!tool.Contains("ustar", StringComparison.Ordinal))
        {
            // The Rust tar crate writes names like this one as GNU tar does.
            File.WriteAllText(Path.Combine(package, "ui", new string('n', 180)), "");
            PackageFolder.Sign(package, store.Key);
        }

        Run(tool, $"-cf {store.Folder["it.app.tar.zst"]} -C {store.Folder.Path} {Id}");
        Assert.True((await store.Install(store.Folder["it.app.tar.zst"])).Package.Trusted);
    }

    [SkippableFact]
    public void Tar_reads_what_bundle_packs()
    {
        Prerequisite.Need(File.Exists("/usr/bin/zstd"), "zstd");
        using TestFolder folder = new();
        string package = TestPackage.Make(folder);
        Directory.CreateDirectory(Path.Combine(package, new string('d', 120)));
        File.WriteAllText(Path.Combine(package, new string('d', 120), new string('f', 120)), "long");
        PackageArchive.Bundle(package, folder["out.wapp"]);
        Run("tar --zstd", $"-xf {folder["out.wapp"]} -C {folder.Path}");
        Assert.Equal("long", File.ReadAllText(folder[$"{Id}/{new string('d', 120)}/{new string('f', 120)}"]));
        Run("diff", $"-r {package} {folder[Id]}");
    }

    public static TheoryData<string, byte[], string> Hostile()
    {
        byte[] whole = new HostileTar().Folder($"{Id}/").File($"{Id}/a", new string('a', 3000)).End().Plain();
        byte[] zstd = HostileTar.Zstd(whole);
        byte[] gzip = HostileTar.Gzip(whole);
        TheoryData<string, byte[], string> rows = new()
        {
            { "nothing", [], "it is neither zstd nor gzip; `weft pack bundle` makes one" },
            { "plain tar", whole, "it is neither zstd nor gzip; `weft pack bundle` makes one" },
            { "empty tar", new HostileTar().End().Zstd(), "it is empty" },
            { "zstd cut off", zstd[..^9], "zstd: the data is cut off" },
            { "zstd damaged", Flip(zstd, zstd.Length - 2), "zstd: Restored data doesn't match checksum" },
            { "gzip cut off", gzip[..(gzip.Length / 2)], "it is cut off" },
            { "gzip damaged", Flip(gzip, gzip.Length - 6), "gzip: the data is damaged" },
            { "tar cut off in a file", HostileTar.Zstd(whole[..2000]), "it is cut off" },
            { "tar cut off before its end", HostileTar.Zstd(whole[..^1024]), "it is cut off" },
            { "one block at the end", HostileTar.Zstd(whole[..^512]), "it is cut off" },
            { "bytes after the end", HostileTar.Zstd([.. whole, .. "hello"u8]), "bytes after its end" },
            { "a second archive behind", HostileTar.Zstd([.. whole, .. whole]), "bytes after its end" },
            { "header damaged", HostileTar.Zstd(Flip(whole, 3)), "a damaged header" },
            { "symlink", new HostileTar().Folder($"{Id}/").Entry($"{Id}/x", '2', link: "/etc/passwd").End().Zstd(), $"'{Id}/x' is a link: a package holds folders and regular files only" },
            { "symlink then through it", new HostileTar().Entry($"{Id}/x", '2', link: "/tmp").File($"{Id}/x/y").End().Zstd(), $"'{Id}/x' is a link: a package holds folders and regular files only" },
            { "hard link", new HostileTar().Entry($"{Id}/x", '1', link: "/etc/passwd").End().Zstd(), $"'{Id}/x' is a hard link: a package holds folders and regular files only" },
            { "device", new HostileTar().Entry($"{Id}/x", '3').End().Zstd(), $"'{Id}/x' is a device: a package holds folders and regular files only" },
            { "block device", new HostileTar().Entry($"{Id}/x", '4').End().Zstd(), $"'{Id}/x' is a device: a package holds folders and regular files only" },
            { "fifo", new HostileTar().Entry($"{Id}/x", '6').End().Zstd(), $"'{Id}/x' is a FIFO: a package holds folders and regular files only" },
            { "sparse", new HostileTar().Entry($"{Id}/x", 'S').End().Zstd(), $"'{Id}/x' is a sparse file: pack it whole" },
            { "multi-volume", new HostileTar().Entry($"{Id}/x", 'M').End().Zstd(), $"'{Id}/x' is an entry of the unknown kind 77" },
            { "GNU long link", new HostileTar().Entry("././@LongLink", 'K', "/etc\0"u8.ToArray()).Entry($"{Id}/x", '2').End().Zstd(), "'././@LongLink' is an entry of the unknown kind 75" },
            { "absolute", new HostileTar().File("/etc/x").End().Zstd(), "the path '/etc/x' is absolute" },
            { "dot dot", new HostileTar().File($"{Id}/../../x").End().Zstd(), $"the path '{Id}/../../x' holds '..'" },
            { "dot", new HostileTar().File($"./{Id}/x").End().Zstd(), $"the path './{Id}/x' holds '.'" },
            { "empty name", new HostileTar().File("").End().Zstd(), "the path '' is empty" },
            { "double slash", new HostileTar().File($"{Id}//x").End().Zstd(), $"the path '{Id}//x' holds an empty name" },
            { "dot dot in the prefix", new HostileTar().Entry("x", '0', prefix: $"{Id}/..").End().Zstd(), $"the path '{Id}/../x' holds '..'" },
            { "dot dot by GNU long name", new HostileTar().Entry("L", 'L', Encoding.UTF8.GetBytes($"{Id}/../x\0")).File("y").End().Zstd(), $"the path '{Id}/../x' holds '..'" },
            { "dot dot by pax", new HostileTar().Pax(HostileTar.Record("path", $"{Id}/../x")).File($"{Id}/ok").End().Zstd(), $"the path '{Id}/../x' holds '..'" },
            { "size by pax", new HostileTar().Pax(HostileTar.Record("size", "99")).File($"{Id}/ok").End().Zstd(), "the pax record 'size', which no package needs" },
            { "link by pax", new HostileTar().Pax(HostileTar.Record("linkpath", "/etc")).File($"{Id}/ok").End().Zstd(), "the pax record 'linkpath', which no package needs" },
            { "sparse by pax", new HostileTar().Pax(HostileTar.Record("GNU.sparse.major", "1")).File($"{Id}/ok").End().Zstd(), "the pax record 'GNU.sparse.major', which no package needs" },
            { "path twice in pax", new HostileTar().Pax(HostileTar.Record("path", $"{Id}/a") + HostileTar.Record("path", $"{Id}/b")).File("y").End().Zstd(), "the pax record 'path' twice" },
            { "pax record too long", new HostileTar().Pax("99 path=x\n").File($"{Id}/ok").End().Zstd(), "a pax record whose length is wrong" },
            { "pax record of length 0", new HostileTar().Pax("0 path=x\n").File($"{Id}/ok").End().Zstd(), "a pax record whose length is wrong" },
            { "pax without key", new HostileTar().Pax("5 =x\n").File($"{Id}/ok").End().Zstd(), "a pax record without a key" },
            { "global pax", new HostileTar().Entry("g", 'g', Encoding.UTF8.GetBytes(HostileTar.Record("path", "x"))).End().Zstd(), "'g' is a global pax record, which no package needs" },
            { "pax before the end", new HostileTar().Pax(HostileTar.Record("path", $"{Id}/a")).End().Zstd(), "a long name without its file" },
            { "two long names", new HostileTar().Entry("L", 'L', "a\0"u8.ToArray()).Entry("L", 'L', "b\0"u8.ToArray()).File("y").End().Zstd(), "'a' is one more long name before its file" },
            { "endless long name", new HostileTar().Entry("L", 'L', null, size: 1L << 32).End().Zstd(), "a long name of 4294967296 bytes; at most 16384 are read" },
            { "file twice", new HostileTar().File($"{Id}/a").File($"{Id}/a").End().Zstd(), $"'{Id}/a' is in it twice" },
            { "folder twice", new HostileTar().Folder($"{Id}/a/").Folder($"{Id}/a/").End().Zstd(), $"'{Id}/a' is in it twice" },
            { "root twice", new HostileTar().Folder($"{Id}/").Folder($"{Id}").End().Zstd(), $"'{Id}' is in it twice" },
            { "file over a folder", new HostileTar().File($"{Id}/a/b").File($"{Id}/a").End().Zstd(), $"'{Id}/a' is in it as a file and as a folder" },
            { "folder over a file", new HostileTar().File($"{Id}/a").Folder($"{Id}/a/").End().Zstd(), $"'{Id}/a' is in it twice" },
            { "below a file", new HostileTar().File($"{Id}/a").File($"{Id}/a/b").End().Zstd(), $"'{Id}/a/b' lies in a file" },
            { "file with a folder's name", new HostileTar().File($"{Id}/a/").End().Zstd(), $"'{Id}/a/' is a file with the name of a folder" },
            { "folder with content", new HostileTar().Entry($"{Id}/a/", '5', "x"u8.ToArray()).End().Zstd(), $"the folder '{Id}/a/' has content" },
            { "no root folder", new HostileTar().File("wapp.toml").End().Zstd(), "'wapp.toml' lies in no folder named by an app id" },
            { "root is a file", new HostileTar().File(Id).End().Zstd(), $"its root {Id} is no folder" },
            { "two roots", new HostileTar().File($"{Id}/a").File("com.example.other/a").End().Zstd(), $"it has two root folders, {Id} and com.example.other" },
            { "control character", new HostileTar().File($"{Id}/a\nb").End().Zstd(), $"the path '{Printable.Quote($"{Id}/a\nb")}' holds a control character" },
            { "escape sequence", new HostileTar().File($"{Id}/\e[2Jb").End().Zstd(), $"the path '{Printable.Quote($"{Id}/\e[2Jb")}' holds a control character" },
            { "not UTF-8", new HostileTar().Raw([.. Encoding.ASCII.GetBytes($"{Id}/"), 0xFF], '0').End().Zstd(), $"the name '{Id}/ÿ' is not UTF-8" },
            { "overlong dot dot", new HostileTar().Raw([.. Encoding.ASCII.GetBytes($"{Id}/"), 0xC0, 0xAE, 0xC0, 0xAE], '0').End().Zstd(), $"the name '{Id}/À®À®' is not UTF-8" },
            { "name too long", new HostileTar().Entry("L", 'L', Encoding.UTF8.GetBytes($"{Id}/{new string('n', 256)}\0")).File("y").End().Zstd(), "holds a name longer than 255 bytes" },
            { "path too long", new HostileTar().Entry("L", 'L', Encoding.UTF8.GetBytes($"{Id}/{string.Concat(Enumerable.Repeat("abcdefghi/", 110))}x\0")).File("y").End().Zstd(), "is longer than 1024 bytes" },
            { "too deep", new HostileTar().Entry("L", 'L', Encoding.UTF8.GetBytes($"{Id}/{string.Concat(Enumerable.Repeat("a/", 40))}x\0")).File("y").End().Zstd(), "is deeper than 32 folders" },
            { "size no number", new HostileTar().Raw(Encoding.ASCII.GetBytes($"{Id}/a"), '0', sizeField: "0000000009z").End().Zstd(), "a header whose size is no octal number" },
            { "size in GNU's binary form", new HostileTar().Raw(Encoding.ASCII.GetBytes($"{Id}/a"), '0', sizeField: "\u0080\0\0\0\0\0\0\0\0\0\u0001").End().Zstd(), "a header whose size is no octal number" },
            { "8 GiB announced", new HostileTar().Entry($"{Id}/a", '0', size: (8L << 30) - 1).End().Zstd(), $"more than 1073741824 bytes, at '{Id}/a'" },
        };

        HostileTar many = new();
        for (int i = 0; i < 10_001; i++)
        {
            many.Entry($"{Id}/{i}", '0');
        }

        rows.Add("10,001 files", many.End().Zstd(), $"more than 10000 files and folders, at '{Id}/10000'");

        HostileTar implied = new();
        for (int i = 0; i < 700; i++)
        {
            implied.File($"{Id}/{i}/{string.Concat(Enumerable.Repeat("a/", 15))}x");
        }

        rows.Add("folders nobody named", implied.End().Zstd(), "more than 10000 files and folders");
        rows.Add("a bomb", Bomb(900L << 20), "it unpacks to more than 100 times its size");
        rows.Add("a bomb behind the end", BombBehind(900L << 20), "it unpacks to more than 100 times its size");
        return rows;
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_archive_is_refused_within_a_second_and_nothing_is_left(string what, byte[] archive, string message)
    {
        using TestStore store = new();
        File.WriteAllBytes(store.Folder["it.wapp"], archive);
        string[] before = [.. Directory.GetFileSystemEntries(store.Folder.Path).Order(StringComparer.Ordinal)];
        Stopwatch watch = Stopwatch.StartNew();
        PackageException e = await Assert.ThrowsAsync<PackageException>(() => store.Install(store.Folder["it.wapp"], development: true));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1), $"{what}: {watch.Elapsed}");
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.True(e.Fault is PackageFault.Invalid or PackageFault.TooLarge, what);
        Assert.Empty(store.Left());
        Assert.Empty(store.Revisions());

        Assert.Throws<PackageException>(() => PackageArchive.Unbundle(store.Folder["it.wapp"], store.Folder.Path));
        Assert.Equal(before.Append(store.Folder["apps"]).Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(store.Folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_root_folder_must_be_the_packages_id()
    {
        using TestStore store = new();
        string package = TestPackage.Make(store.Folder, store.Key, name: "com.example.wrong");
        Run("tar --gzip", $"-cf {store.Folder["it.wapp"]} -C {store.Folder.Path} com.example.wrong");
        PackageException e = await store.Refusal(() => store.Install(store.Folder["it.wapp"]), PackageFault.Invalid);
        Assert.Equal($"it.wapp has the root folder com.example.wrong and the package {Id} in it: they must be the same", e.Message);
        Assert.True(Directory.Exists(package));
    }

    [Fact]
    public void Every_cut_and_flip_of_an_archive_is_refused_or_harmless()
    {
        using TestFolder folder = new();
        byte[] archive = File.ReadAllBytes(PackageArchive.Bundle(TestPackage.Make(folder), folder["a.wapp"]));
        Directory.CreateDirectory(folder["into"]);
        Random random = new(4711);
        for (int i = 0; i < 400; i++)
        {
            byte[] bad = i % 2 == 0 ? archive[..random.Next(archive.Length)] : Flip(archive, random.Next(archive.Length));
            File.WriteAllBytes(folder["bad.wapp"], bad);
            try
            {
                PackageArchive.Unbundle(folder["bad.wapp"], folder["into"]);
                Directory.Delete(folder["into/" + Id], recursive: true);
            }
            catch (PackageException)
            {
            }

            Assert.Empty(Directory.GetFileSystemEntries(folder["into"]));
        }
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= 0x40;
        return copy;
    }

    private static byte[] Bomb(long size)
    {
        byte[] header = new HostileTar().Entry($"{Id}/a", '0', size: size).Plain();
        return Zeros(header, size);
    }

    private static byte[] BombBehind(long size) => Zeros(new HostileTar().File($"{Id}/a").End().Plain(), size);

    private static byte[] Zeros(byte[] head, long size)
    {
        using MemoryStream packed = new();
        using ZstdWriter writer = new(packed, 1);
        writer.Write(head);
        byte[] zeros = new byte[1 << 20];
        for (long done = 0; done < size; done += zeros.Length)
        {
            writer.Write(zeros);
        }

        writer.Finish();
        return packed.ToArray();
    }

    private static void Run(string tool, string arguments)
    {
        string[] words = tool.Split(' ', 2);
        using Process process = Process.Start(new ProcessStartInfo(words[0], $"{(words.Length > 1 ? words[1] : "")} {arguments}") { RedirectStandardError = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
    }
}
