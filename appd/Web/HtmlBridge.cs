using System.Text;
using System.Text.Encodings.Web;

namespace Weft.Appd.Web;

/// <summary>
/// Puts the bridge script into an app's HTML page: behind doctype and the opening html and head tags, so that the doctype stays first and
/// no script of the page runs before it.
/// </summary>
internal static class HtmlBridge
{
    private const int CharsetReach = 1024; // bytes in which a browser looks for the charset (HTML, "determining the character encoding")

    // send: waits while there is no connection, fails aloud when too much waits. onmessage: what came before it is set is handed over then.
    // It connects again until the session has ended: told by 1000, or, where that was missed, by the page being gone (an upgrade that is
    // refused tells a page nothing). Keys with Ctrl and Alt are the system UI's, and go on to it from the page that has the focus.
    private const string Script = """
        (()=>{const token="$token",session=$session,url="ws://localhost:$port/appd";
        let socket=null,open=false,handler=null,retry=200,dead=false;const out=[],inbox=[],look=fetch.bind(window);
        const say=text=>socket.send(JSON.stringify({type:"APP_MESSAGE",payload:text}));
        const hear=text=>{if(handler){try{handler(text)}catch(e){reportError(e)}}else if(inbox.length<4096)inbox.push(text)};
        const connect=()=>{socket=new WebSocket(url);
        socket.onopen=()=>socket.send(JSON.stringify({type:"HELLO",role:"app",session_id:session,token}));
        socket.onmessage=e=>{const m=JSON.parse(e.data);
        if(m.type==="WELCOME"){open=true;retry=200;for(const t of out.splice(0))say(t)}
        else if(m.type==="APP_MESSAGE")hear(m.payload);
        else if(m.type==="CLOSING")dispatchEvent(new CustomEvent("weftclosing",{detail:m.grace_ms}));
        else if(m.type==="ERROR"){if(m.code===401||m.code===404)dead=true;console.warn("weftIpc: "+m.message)}};
        socket.onclose=async e=>{open=false;if(e.code===1000)dead=true;
        if(e.code===1006&&!dead)dead=await look("/",{method:"HEAD"}).then(r=>r.status===404,()=>false);
        if(dead)out.length=0;else setTimeout(connect,e.code===1012?0:retry);retry=Math.min(5000,retry*2)}};
        const ipc={send(text){text=String(text);if(dead)throw new Error("weftIpc.send: the session has ended");if(open)say(text);else if(out.length<256)out.push(text);else throw new Error("weftIpc.send: not connected, and 256 messages wait")}};
        Object.defineProperty(ipc,"onmessage",{enumerable:true,get:()=>handler,set(f){handler=typeof f==="function"?f:null;if(handler)for(const t of inbox.splice(0))hear(t)}});
        Object.defineProperty(window,"weftIpc",{value:Object.freeze(ipc),enumerable:true});
        const kiosk=parent===window?null:parent;
        addEventListener("keydown",e=>{if(kiosk&&e.isTrusted&&e.ctrlKey&&e.altKey)kiosk.postMessage({weftKey:e.code},"http://localhost:$port")},true);
        connect()})()
        """;

    /// <summary>The page with the script in it.</summary>
    public static byte[] Insert(ReadOnlySpan<byte> html, SessionPage page, int port)
    {
        int at = Place(html);
        string script = Script
            .Replace("$token", JavaScriptEncoder.Default.Encode(page.BridgeToken), StringComparison.Ordinal)
            .Replace("$session", page.Session.ToString(), StringComparison.Ordinal)
            .Replace("$port", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .ReplaceLineEndings("");
        return [.. html[..at], .. "<script>"u8, .. Encoding.UTF8.GetBytes(script), .. "</script>"u8, .. html[at..]];
    }

    /// <summary>The page's type with its charset, which the script would else push out of the browser's reach.</summary>
    public static string ContentType(ReadOnlySpan<byte> html)
    {
        string begin = Encoding.Latin1.GetString(html[..Math.Min(html.Length, CharsetReach)]);
        int at = begin.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        if (at >= 0)
        {
            string name = new([.. begin[(at + 8)..].TrimStart('"', '\'').TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')]);
            if (name.Length is > 0 and <= 40)
            {
                return $"{ContentTypes.Html}; charset={name}";
            }
        }

        return $"{ContentTypes.Html}; charset=utf-8";
    }

    /// <summary>The first place behind byte order mark, comments, doctype, the html tag and the head tag.</summary>
    public static int Place(ReadOnlySpan<byte> html)
    {
        int at = html.StartsWith("\uFEFF"u8) ? 3 : 0;
        int place = at;
        while (true)
        {
            while (at < html.Length && html[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f')
            {
                at++;
            }

            ReadOnlySpan<byte> rest = html[at..];
            int length = rest.StartsWith("<!--"u8) ? Comment(rest)
                : Is(rest, "<!doctype"u8) || IsTag(rest, "<html"u8) || IsTag(rest, "<head"u8) ? Tag(rest)
                : 0;
            if (length == 0)
            {
                return place;
            }

            bool comment = rest.StartsWith("<!--"u8);
            at += length;

            // A comment is passed over to look behind it; the script goes there only if a tag follows.
            place = comment ? place : at;
        }
    }

    private static bool Is(ReadOnlySpan<byte> html, ReadOnlySpan<byte> begin) =>
        html.Length >= begin.Length && Ascii.EqualsIgnoreCase(html[..begin.Length], begin);

    private static bool IsTag(ReadOnlySpan<byte> html, ReadOnlySpan<byte> begin) =>
        Is(html, begin) && html.Length > begin.Length && html[begin.Length] is (byte)'>' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'/';

    private static int Comment(ReadOnlySpan<byte> html)
    {
        int end = html.IndexOf("-->"u8);
        return end < 0 ? 0 : end + 3;
    }

    /// <summary>Length of a tag, minding that attribute values may hold a <c>&gt;</c>; 0 where it does not end.</summary>
    private static int Tag(ReadOnlySpan<byte> html)
    {
        byte quote = 0;
        for (int i = 0; i < html.Length; i++)
        {
            byte c = html[i];
            if (quote != 0)
            {
                quote = c == quote ? (byte)0 : quote;
            }
            else if (c is (byte)'"' or (byte)'\'')
            {
                quote = c;
            }
            else if (c == (byte)'>')
            {
                return i + 1;
            }
        }

        return 0;
    }
}
