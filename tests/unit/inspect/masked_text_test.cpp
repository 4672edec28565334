// What is masked of queries, forms and JSON, and what is left alone.
#include "inspect/masked_text.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "inspect/body_recorder.hpp"
#include "inspect/content_coding.hpp"
#include "inspect/restored_text.hpp"
#include "inspect/secrets.hpp"

using namespace ferrotunnel::inspect;

namespace {

const Secrets usual;

}  // namespace

TEST_CASE("names of secrets are found whatever their case and marks", "[inspect]") {
    for (const char* name : {"Authorization",
                             "Proxy-Authorization",
                             "Cookie",
                             "Set-Cookie",
                             "X-Api-Key",
                             "api_key",
                             "accessToken",
                             "CLIENT_SECRET",
                             "client_secret",
                             "user.password",
                             "X-Amz-Security-Token",
                             "password_confirmation",
                             "passwordConfirmation",
                             "password1",
                             "Password2Again",
                             "pass",
                             "otp",
                             "pin",
                             "cvv",
                             "cvv2",
                             "auth",
                             "key",
                             "sig",
                             "session",
                             "X-Auth-Key",
                             "apiKey",
                             "APIKey",
                             "APIkey",
                             "PINCode",
                             "PINcode",
                             "user[pin]",
                             "keys.0.key",
                             "session id",
                             "X-Hub-Signature-256",
                             "newpassword",
                             "csrftoken",
                             "token1",
                             "_csrf",
                             "base64key",
                             "x509Key",
                             "userpass",
                             "encryptionkey",
                             "masterkey",
                             "mfa_code",
                             "auth_code",
                             "connectionString"}) {
        INFO(name);
        CHECK(usual.is_secret(name));
    }
    for (const char* name : {"Content-Type",
                             "max_tokens",
                             "Accept",
                             "",
                             "-",
                             "tokenizer",
                             "monkey",
                             "design",
                             "keyboard",
                             "author",
                             "passenger",
                             "pinned",
                             "Pinned",
                             "assign",
                             "compass",
                             "spin",
                             "obsession",
                             "Keyboard-Layout",
                             "authority",
                             "secretary",
                             "keys",
                             "passes",
                             "Host",
                             "sessions",
                             "KEYBOARD",
                             "MONKEY",
                             "42",
                             "\xc3\xa9",
                             "code",
                             "token_type",
                             "public_key",
                             "error_code",
                             "token_endpoint_auth_methods_supported"}) {
        INFO(name);
        CHECK_FALSE(usual.is_secret(name));
    }
}

TEST_CASE("plurals are secrets unless they count", "[inspect]") {
    CHECK(usual.hides("tokens", "[\"x\"]"));
    CHECK(usual.hides("api_keys", "x"));
    CHECK(usual.hides("refreshTokens", "x"));
    CHECK(usual.hides("signatures", "x"));
    CHECK(usual.hides("keys", "{\"a\":1}"));
    CHECK_FALSE(usual.hides("keys", "[ {\"kty\":1}"));
    CHECK_FALSE(usual.hides("max_tokens", "4096"));
    CHECK_FALSE(usual.hides("pins", "x"));
    CHECK_FALSE(usual.hides("code", "x"));
    CHECK(usual.hides_parameter("code", "x"));
    CHECK_FALSE(Secrets::none().hides_parameter("code", "x"));
}

TEST_CASE("words that a configuration adds are parts of names, one or several", "[inspect]") {
    const Secrets more({"IBAN", "social-security", "room101"});
    for (const char* name : {"customer_iban", "iban2", "SocialSecurity", "social_security_number", "socialsecurity",
                             "room101", "room-101", "password"}) {
        INFO(name);
        CHECK(more.is_secret(name));
    }
    for (const char* name : {"ibanez", "antisocial_security", "social_insecurity", "social", "room1o1"}) {
        INFO(name);
        CHECK_FALSE(more.is_secret(name));
    }
    CHECK_FALSE(Secrets::none().is_secret("password"));
}

TEST_CASE("queries and forms", "[inspect]") {
    CHECK(masked_form("a=1&password=hunter2&b=", usual).text == "a=1&password=***&b=");
    CHECK(masked_form("pass%77ord=hunter2", usual).text == "pass%77ord=***");
    CHECK(masked_form("password=&x", usual).text == "password=&x");
    CHECK_FALSE(masked_form("a=1&b=2", usual).has_masks);
    CHECK(masked_url("/p?token=abc&x=1#access_token=def&y=2", usual).text == "/p?token=***&x=1#access_token=***&y=2");
    CHECK(masked_url("https://a.example/?x=1", usual).text == "https://a.example/?x=1");
    CHECK(masked_url("/p#token=a?b", usual).text == "/p#token=***");
}

TEST_CASE("members of JSON", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked(R"({"user":"a","password":"b\"c","n":1})") == R"({"user":"a","password":"***","n":1})");
    CHECK(masked(R"({"token" : 12.5e3, "x":2})") == R"({"token" : "***", "x":2})");
    CHECK(masked(R"({"secret":{"a":["}",{"b":"]"}]},"x":[{"pwd":null}]})") ==
          R"({"secret":"***","x":[{"pwd":"***"}]})");
    CHECK(masked(R"({"p\u0061ssword":"x"})") == R"({"p\u0061ssword":"***"})");
    // What is not a valid name stays, though it looks like one.
    CHECK(masked(R"(["password","x"])") == R"(["password","x"])");
    CHECK_FALSE(masked_text("{}", usual).has_masks);
}

TEST_CASE("what is wrapped in a value is searched, too", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    const auto form = [](std::string_view text) { return masked_form(text, usual).text; };
    // JSON in a form, in a query, in a string; a form in a string; a URL in a query and in any text.
    CHECK(form("payload=%7B%22token%22%3A%22x%22%7D&n=1") == "payload=%7B%22token%22%3A%22***%22%7D&n=1");
    CHECK(masked_url(R"(/?q=%7B%22password%22:%22x%22%7D)", usual).text == R"(/?q=%7B%22password%22:%22***%22%7D)");
    CHECK(masked(R"({"body":"{\"password\":\"x\",\"n\":\"\u00e9\"}"})") ==
          "{\"body\":\"{\\\"password\\\":\\\"***\\\",\\\"n\\\":\\\"\xc3\xa9\\\"}\"}");
    CHECK(masked(R"({"body":"a=1&password=x"})") == R"({"body":"a=1&password=***"})");
    CHECK(masked_url("/?next=%2Fx%3Ftoken%3Dabc%26a%3D1&b=2", usual).text == "/?next=%2Fx%3Ftoken%3D***%26a%3D1&b=2");
    CHECK(masked_url("/?next=/x?token=abc", usual).text == "/?next=/x?token=***");
    CHECK(masked_url("/a;token=abc;x=1/b;sid=2?x=1", usual).text == "/a;token=***;x=1/b;sid=***?x=1");
    CHECK(masked_url("/x;a=1&token=abc/y", usual).text.find("abc") == std::string::npos);
    CHECK(masked_url("/?a=1%26token%3Dabc", usual).text.find("abc") == std::string::npos);
    CHECK(masked_url("/?next=/cb?a=1%26token=abc", usual).text.find("abc") == std::string::npos);
    CHECK(masked_url("/?a=1;password=x", usual).text == "/?a=1;password=***");
    CHECK(masked_url("http://u:p@a.example/x?y=z", usual).text == "http://***@a.example/x?y=z");
    CHECK(masked("0; url=/x?token=abc") == "0; url=/x?token=***");
    CHECK(masked("</x?token=abc>; rel=x") == "</x?token=***>; rel=x");
    CHECK(masked("<https://a.example/x?token=abc&p=2>; rel=next") == "<https://a.example/x?token=***&p=2>; rel=next");
    CHECK(masked(R"({"dsn":"postgres://u:p@db/x"})") == R"({"dsn":"postgres://***@db/x"})");
    // Beyond six wrappings what has to be searched is masked itself.
    std::string deep = R"({"password":"hunter2"})";
    for (int i = 0; i < 7; ++i) {
        std::string around = "{\"a\":\"";
        for (const char c : deep) {
            around.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
        }
        deep = around + "\"}";
        CHECK(masked(deep).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("names beside values, keys beside their types", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked(R"([{"name":"password","value":"x"},{"key":"api_key","value":"y"},{"name":"a","value":"b"}])") ==
          R"([{"name":"password","value":"***"},{"key":"api_key","value":"***"},{"name":"a","value":"b"}])");
    CHECK(masked(R"({"value":{"a":"x"},"name":"password"})") == R"({"value":"***","name":"password"})");
    CHECK(masked(R"({"key":"x"})") == R"({"key":"***"})");
    CHECK(masked(R"({"value":"hunter2","na)") == R"({"value":"***","na)");  // it may be that of a secret
    CHECK(masked(R"({"value":"hunter2","name":"api )") == R"({"value":"***","name":"api )");
    CHECK(masked(R"({"keys":[{"kty":"RSA","kid":"1","n":"abc","e":"AQAB"}]})") ==
          R"({"keys":[{"kty":"RSA","kid":"1","n":"abc","e":"AQAB"}]})");
    CHECK(masked(R"({"keys":[{"d":"x","kty":"EC","x":"abc"},{"kty":"oct","k":"y"}]})") ==
          R"({"keys":[{"d":"***","kty":"EC","x":"abc"},{"kty":"oct","k":"***"}]})");
    CHECK(masked("env:\n- name: DB_PASSWORD\n  value: x y\n- name: B\n  value: c\n") ==
          "env:\n- name: DB_PASSWORD\n  value: ***\n- name: B\n  value: c\n");
    // As many brackets as there may be.
    const std::string brackets(300, '[');
    CHECK(masked(brackets + R"({"name":"password","value":"x","pin":1})" + std::string(300, ']'))
              .find("\"pin\":\"***\"") != std::string::npos);
}

TEST_CASE("GraphQL, YAML, lines, frames", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked(R"({"query":"mutation{login(password:\"x\", pin: 12){t}}"})") ==
          R"({"query":"mutation{login(password:\"***\", pin: \"***\"){t}}"})");
    const std::string variables = "mutation A($password: String!) { login(password: $password) { token } }";
    CHECK(masked(variables) == variables);
    CHECK(masked("user: a\npassword: x y # z\nb: 1\n") == "user: a\npassword: ***\nb: 1\n");
    CHECK(masked("a:\n  secret: |\n    x\n    y\n  b: 1\ntokens:\n- x\n- y\nc: 2") ==
          "a:\n  secret: ***\n  b: 1\ntokens:***\nc: 2");
    CHECK(masked("export API_KEY=x\nA=b") == "export API_KEY=***\nA=b");
    CHECK(masked("password=x\r\na=1") == "password=***\r\na=1");
    CHECK(masked("at noon user=a password=x, done") == "at noon user=a password=***, done");
    CHECK(masked("CONNECT\naccept-version:1.2\nlogin:u\npasscode:x\n\n") ==
          "CONNECT\naccept-version:1.2\nlogin:u\npasscode:***\n\n");
    CHECK(masked(R"(42["login",{"password":"x"}])") == R"(42["login",{"password":"***"}])");
    CHECK(masked(R"(["CONNECT\npasscode:x\n\n\u0000"])") == R"(["CONNECT\npasscode:***\n\n\u0000"])");
    CHECK(masked("data: {\"token\":\ndata: \"x\"}").find('x') == std::string::npos);
    CHECK(masked("disk: 5\" wide\npassword: x") == "disk: 5\" wide\npassword: ***");
    CHECK(masked("key=1 \"a\npin: x").find('x') == std::string::npos);
    // What a developer has to see.
    for (const char* text :
         {R"({"error":"Unexpected token: <","code":404,"max_tokens":4096,"token_type":"bearer","public_key":"a"})",
          R"({"token_endpoint":"https://a.example/token","jwks_uri":"b","tokenizer":"c","sessions":[{"id":1}]})",
          "event: token\ndata: hello", "don't say password; it's a word", "x (see the key) y", "code: 404",
          "https://a.example/?x=1#key", R"({"code":"ENOENT","keys":[]})"}) {
        INFO(text);
        CHECK_FALSE(masked_text(text, usual).has_masks ==
                    (std::string_view(text).find("keys\":[]") == std::string_view::npos));
    }
}

TEST_CASE("XML and HTML", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked("<login><password>x</password><b>y</b></login>") == "<login><password>***</password><b>y</b></login>");
    CHECK(masked("<?xml version='1.0'?><a token=\"x\" b='y'><w:Secret><c>x</c></w:Secret></a>") ==
          "<?xml version='1.0'?><a token=\"***\" b='y'><w:Secret>***</w:Secret></a>");
    CHECK(masked("<m><name>password</name><value><s>x</s></value><key>token</key> <string>x</string></m>") ==
          "<m><name>password</name><value>***</value><key>token</key> <string>***</string></m>");
    CHECK(masked("<add key=\"ApiKey\" value=\"x\"/><p name=\"pin\">x</p><k key=\"x\"/>") ==
          "<add key=\"ApiKey\" value=\"***\"/><p name=\"pin\">***</p><k key=\"***\"/>");
    CHECK(masked("<a>{&quot;pin&quot;:&quot;x&quot;}</a><b><![CDATA[{\"pin\":\"x\"}]]></b>") ==
          "<a>{&quot;pin&quot;:&quot;***&quot;}</a><b><![CDATA[{\"pin\":\"***\"}]]></b>");
    CHECK(masked("<a><key>x").find('x') == std::string::npos);
    const auto page = [](std::string_view text) { return masked_body(text, "text/html", usual).text; };
    CHECK(
        page("<input type=password name=a value=x><input name='csrf_token' value='x'><a href=\"/?token=x&amp;b=1\">") ==
        "<input type=password name=a value=***><input name='csrf_token' value='***'><a href=\"/?token=***&amp;b=1\">");
    CHECK(page("<script>if (a<b) { s = {\"token\":\"x\"}; key = f; }</script><p>password: x</p>") ==
          "<script>if (a<b) { s = {\"token\":\"***\"}; key = f; }</script><p>password: x</p>");
}

TEST_CASE("a dollar sign means a variable only within the arguments of GraphQL", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked("$db_password = \"hunter2\";") == "$db_password = \"***\";");
    CHECK(masked("a = 1\n$password=hunter2\n$token: hunter2") == "a = 1\n$password=***\n$token: ***");
    CHECK(masked("f($token = \"hunter2\")") == "f($token = \"***\")");
    CHECK(masked("(password=$hunter2)") == "(password=***)");
    CHECK(masked("{password: $hunter2}") == "{password: ***}");
    CHECK(masked("{password: $2y$10$abc, a: 1}") == "{password: ***, a: 1}");
    CHECK(masked("f(password: $2y$10$abc)") == "f(password: ***)");
    CHECK(masked("f(password: $hunter2!, a: 1)") == "f(password: ***, a: 1)");
    CHECK(masked("f(password: $hunt") == "f(password: ***");  // cut: it may continue
    for (const char* text : {"query($pin: Int!, $token: String) { a(in: {pin: $pin, token: $token}) { b } }",
                             "{ a(pin: $pin token: $token) }", "{ a(keys: [{key: $key}], token : $token\n) }"}) {
        CHECK(masked(text) == text);
    }
    // As deep as brackets are known.
    CHECK(masked("(" + std::string(300, '{') + "pin: $pin" + std::string(300, '}') + ")").find("$pin") !=
          std::string::npos);
    CHECK(masked(std::string(300, '{') + "pin: $pin" + std::string(300, '}')).find("$pin") == std::string::npos);
}

TEST_CASE("a name in XML waits for its value behind other elements", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked("<m><name>password</name><type>s</type><value>hunter2</value></m>") ==
          "<m><name>password</name><type>***</type><value>***</value></m>");
    CHECK(masked("<m><name>pin</name><a/><b><c>d</c></b><e>f</e><v:value>x</v:value><value>y</value></m>") ==
          "<m><name>pin</name><a/><b>***</b><e>f</e><v:value>***</v:value><value>***</value></m>");
    CHECK(masked("<m><key>pin</key><key>x</key><a>b</a></m>") == "<m><key>pin</key><key>***</key><a>b</a></m>");
    // Not behind the end of the element around, nor behind another name.
    CHECK(masked("<l><m><name>pin</name><a>b</a></m><m><value>x</value></m></l>") ==
          "<l><m><name>pin</name><a>***</a></m><m><value>x</value></m></l>");
    CHECK(masked("<m><name>pin</name><a>b</a><name>c</name><value>x</value></m>") ==
          "<m><name>pin</name><a>***</a><name>c</name><value>x</value></m>");
    CHECK(masked("<m><name>pin</name><a>b</a><c><name>d</name><e>f</e></c><value>x</value></m>") ==
          "<m><name>pin</name><a>***</a><c><name>d</name><e>f</e></c><value>***</value></m>");
}

TEST_CASE("what stands in a field of HTML with the name of a secret", "[inspect]") {
    const auto page = [](std::string_view text) { return masked_body(text, "text/html", usual).text; };
    CHECK(page("<textarea name=\"api_key\">x</b>y</textarea><p>z") == "<textarea name=\"api_key\">***</textarea><p>z");
    CHECK(page("<TEXTAREA rows=2 name=token>x</TextArea ><p>z") == "<TEXTAREA rows=2 name=token>***</TextArea ><p>z");
    CHECK(page("<output name=pin>1<b>2</b></output>") == "<output name=pin>***</output>");
    CHECK(page("<textarea name=pin>hunter2</textare") == "<textarea name=pin>***");
    for (const char* text :
         {"<textarea name=a>x</textarea>", "<form name=password><p>x</p></form>", "<textarea name=pin>"}) {
        CHECK(page(text) == text);
    }
}

TEST_CASE("an apostrophe before a string is no quote", "[inspect]") {
    const auto masked = [](std::string_view text) { return masked_text(text, usual).text; };
    CHECK(masked("'tis {'password':'x'}") == "'tis {'password':'***'}");
    CHECK(masked("the '90s: {'a': 'b', 'password': 'x'}") == "the '90s: {'a': 'b', 'password': '***'}");
    CHECK(masked("5\" or \"{\"password\":\"x\"}") == "5\" or \"{\"password\":\"***\"}");
    CHECK(masked("{'a':'it\\'s','pin':'x'}") == "{'a':'it\\'s','pin':'***'}");
    CHECK(masked("{'a':'','pin':'x'}") == "{'a':'','pin':'***'}");
    CHECK(masked("{'a':'{\"pin\":\"x\"}'}") == "{'a':'{\"pin\":\"***\"}'}");
}

TEST_CASE("bodies whatever their Content-Type says", "[inspect]") {
    const auto hides = [](std::string_view text, std::string_view type) {
        return masked_body(text, type, usual).text.find("hunter2") == std::string::npos;
    };
    const std::string json = R"({"password":"hunter2"})";
    for (const char* type :
         {"", "application/octet-stream", "text/plain", "application/csp-report", "application/json, text/html",
          "application/x-www-form-urlencoded", "application/javascript"}) {
        INFO(type);
        CHECK(hides(json, type));
    }
    CHECK_FALSE(hides(json, "image/png"));
    CHECK(hides("password=hunter2&x=1", ""));
    CHECK(hides("user%5Bpassword%5D=hunter2", ""));
    CHECK(hides("--b\r\nContent-Disposition: form-data; name=password\r\n\r\nhunter2\r\n--b--", ""));
    CHECK(hides("--b\r\nContent-Disposition: form-data; name=\"j\"\r\n\r\n" + json + "\r\n--b--",
                "multipart/form-data; boundary=b"));
    CHECK(hides(json + "\n" + json, "application/x-ndjson"));
    CHECK(hides("{'password' : 'hunter2'}", "application/json"));
    CHECK_FALSE(masked_body(std::string("{\"pin\":1}\0", 11), "", usual).has_masks);  // binary
    CHECK(masked_form("code=hunter2&state=a", usual).text == "code=***&state=a");
}

TEST_CASE("texts that are all brackets, quotes and names take one walk", "[inspect]") {
    // With more than one of them for each of these, this test does not come to its end: also not with an eighth of a
    // megabyte, which is as slow with the sanitizers as eight times as much is without.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr std::size_t size = 131'072;
#else
    constexpr std::size_t size = 1'048'576;
#endif
    const auto repeated = [](std::string_view piece) {
        std::string text;
        while (text.size() < size) {
            text += piece;
        }
        return text;
    };
    for (const char* piece :
         {"1",           "{\"keys\":[", "{\"key\":{", "key:\n ", "{\"value\":1,\"name\":\"password\",\"x\":",
          "?a=",         "?a=%",        "'",          "\"",      "\\",
          "<a ",         "<key>",       "<![CDATA[",  "://",     ";a",
          "--b\r\n\r\n", "(",           "a:\n",       "a=1&",    "tokens=1 ",
          "&#"}) {
        const std::string text = repeated(piece);
        INFO(piece);
        CHECK(masked_text(text, usual).text.size() <= text.size() * 2);
        CHECK(masked_text("<a>" + text, usual).text.size() <= text.size() * 2);
        CHECK(masked_body("--b\r\n\r\n" + text, "multipart/form-data; boundary=b", usual).text.size() <=
              text.size() * 2);
    }
    CHECK(masked_text("{\"" + repeated("1") + "\":1}", usual).text.size() > size);
}

TEST_CASE("wherever a text is cut, nothing of a secret is left", "[inspect]") {
    const std::string json = R"({"a":[1,{"password":"hunter2\\","x":{"token":["hunter2",{"a":"hunter2"}]}}]})";
    const std::string form = "a=1&password=hunter2&token=hunter2";
    const std::string parts =
        "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b\r\n"
        "Content-Disposition: form-data; name=\"x\"; filename=\"password\"\r\n\r\nshown\r\n--b--";
    for (std::size_t size = 0; size <= json.size(); ++size) {
        CHECK(masked_text(std::string_view(json).substr(0, size), usual).text.find("hu") == std::string::npos);
    }
    for (std::size_t size = 0; size <= form.size(); ++size) {
        CHECK(masked_form(std::string_view(form).substr(0, size), usual).text.find("hu") == std::string::npos);
    }
    for (std::size_t size = 0; size <= parts.size(); ++size) {
        CHECK(masked_multipart(std::string_view(parts).substr(0, size), "b", usual).text.find("hu") ==
              std::string::npos);
    }
    for (const std::string text :
         {R"(payload=%7B%22token%22%3A%22hunter2%22%7D)", R"({"b":"{\"a\":\"{\\\"pin\\\":\\\"hunter2\\\"}\"}"})",
          R"([{"value":"hunter2","a":{"b":1},"name":"password"}])",
          "<a><name>pin</name><value><s>hunter2</s></value></a>",
          "<a><name>pin</name><type>a</type><value>hunter2</value></a>", "{pin: $hunter2}", "f(pin=$hunter2)",
          "<a><b value='hunter2' name='pin'/></a>", "<a><key>hunter2</key></a>", "a: b\npin: hunter2\nkey:\n  hunter2",
          "mutation { a(pin: \"hunter2\") { b } }", "see /x?a=b&token=hunter2 or postgres://hu:nter2@x"}) {
        for (std::size_t size = 0; size <= text.size(); ++size) {
            INFO(text.substr(0, size));
            const bool is_undecided = text.substr(0, size).find("://hu") != std::string::npos && size < text.size() - 1;
            CHECK((is_undecided || masked_text(text.substr(0, size), usual).text.find("hu") == std::string::npos));
        }
    }
    const Masked whole = masked_multipart(parts, "b", usual);
    CHECK(whole.text.find("shown\r\n--b--") != std::string::npos);
    CHECK(whole.text.find("***\r\n--b\r\n") != std::string::npos);
}

TEST_CASE("masks in an edited text become what they stand for", "[inspect]") {
    const auto form = [](std::string_view edited, std::string_view original) {
        return restored_body(edited, original, "application/x-www-form-urlencoded", usual);
    };
    CHECK(form("b=2&pin=***", "pin=1234&b=1") == "b=2&pin=1234");
    CHECK(form("b=***&pin=9", "pin=1234&b=1") == "b=***&pin=9");
    // Of several with one name by their places, or whichever if they are all the same.
    CHECK(form("key=***&key=%2A%2A%2A", "key=a&key=b") == "key=a&key=b");
    CHECK(form("key=***&key=c", "key=a&key=b") == "key=a&key=c");
    CHECK_FALSE(form("key=***", "key=a&key=b"));
    CHECK(form("key=***&key=***", "key=a") == "key=a&key=a");
    CHECK_FALSE(form("key=***", "pin=a"));
    CHECK_FALSE(form("key=x***", "key=a"));
    CHECK(form("key=***", "key=***") == "key=***");  // that was its value

    const auto json = [](std::string_view edited, std::string_view original) {
        return restored_body(edited, original, "application/json", usual);
    };
    const std::string wrapped = R"({"body":"{\"pin\":\"1\\n2\",\"u\":\"/a?key=b%26c\"}","n":1})";
    const std::string wrapped_masked = R"({"body":"{\"pin\":\"***\",\"u\":\"/a?key=***\"}","n":2})";
    CHECK(json(wrapped_masked, wrapped) == wrapped.substr(0, wrapped.size() - 2) + "2}");
    CHECK(json(R"({"n":2,"session":"***"})", R"({"session":{"a":["x"]},"n":1})") == R"({"n":2,"session":{"a":["x"]}})");
    CHECK(json("", "") == "");
    CHECK_FALSE(json(R"({"pin":["***"]})", R"({"pin":["x"]})"));

    // What is put back must not make the rest read otherwise.
    CHECK_FALSE(json(R"({"key":"***","token":"***"})", R"({"token":"s3cret","key":"open)"));

    const std::string parts = "--b\r\nContent-Disposition: form-data; name=\"otp\"\r\n\r\n123\r\n--b--\r\n";
    const std::string type = "multipart/form-data; boundary=b";
    CHECK(restored_body(masked_body(parts, type, usual).text, parts, type, usual) == parts);
    CHECK(restored_body("***", "x", "image/png", usual) == "***");
    CHECK(form("payload=%7B%22token%22%3A%22***%22%2C%22a%22%3A2%7D",
               "payload=%7B%22token%22%3A%22x+y%22%2C%22a%22%3A1%7D") ==
          "payload=%7B%22token%22%3A%22x%20y%22%2C%22a%22%3A2%7D");
    CHECK(restored_url("/b?sig=***", "/a?sig=s#key=k", usual) == "/b?sig=s");
    CHECK(restored_url("/b?sig=***", "/a?sig=s", Secrets::none()) == "/b?sig=***");
}

TEST_CASE("parameters of a field's value", "[inspect]") {
    CHECK(parameter_of("multipart/form-data; boundary=abc", "boundary") == "abc");
    CHECK(parameter_of("multipart/form-data; charset=x; Boundary=\"a b\"", "boundary") == "a b");
    CHECK(parameter_of("multipart/form-data", "boundary").empty());
    CHECK(parameter_of("a; boundary", "boundary").empty());
    CHECK(media_type_of("Text/HTML; charset=utf-8") == "text/html");
}

TEST_CASE("a compressed body that is searched for secrets is kept without its coding", "[inspect]") {
    // printf '{"password":"hunter2"}' | gzip -n
    const std::string with_secret(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x2a\x48\x2c\x2e\x2e\xcf\x2f\x4a\x51"
        "\xb2\x52\xca\x28\xcd\x2b\x49\x2d\x32\x52\xaa\x05\x00\xb3\xd9\x6d\x25\x16\x00\x00\x00",
        42);
    REQUIRE(decoded(with_secret, "gzip", 1'000) == R"({"password":"hunter2"})");
    const Searched found = searched(with_secret, "application/json", "gzip", 65'536, usual);
    CHECK(found.body == R"({"password":"***"})");
    CHECK(found.decoded);
    CHECK(found.masked);
    const Searched part = searched(with_secret, "application/json", "gzip", 5, usual);
    CHECK(part.body == R"({"pas)");
    CHECK(part.cut);
    CHECK(part.decoded);
    // What cannot be searched is not kept; what has nothing to be searched is kept as it is.
    CHECK(searched("x", "application/json", "zstd", 65'536, usual).dropped);
    CHECK(searched("xyz", "application/json", "gzip", 65'536, usual).dropped);
    CHECK(searched(with_secret, "image/png", "gzip", 65'536, usual).body == with_secret);
    CHECK(searched(with_secret, "application/json", "gzip", 65'536, Secrets::none()).body == with_secret);
}

TEST_CASE("codings", "[inspect]") {
    const std::string brotli("\x0b\x02\x80hello\x03", 9);
    CHECK(decoded(brotli, "br", 100) == "hello");
    CHECK(decoded(brotli, "br", 3) == "hel");
    CHECK(decoded(brotli.substr(0, 6), "BR", 100) == "hel");
    CHECK(decoded("abc", "identity", 100) == "abc");
    CHECK(decoded("abc", "", 100) == "abc");
    CHECK_FALSE(decoded("\xff\xff\xff\xff", "br", 100));
    CHECK_FALSE(decoded("abc", "gzip", 100));
    CHECK_FALSE(decoded("abc", "compress", 100));
    CHECK_FALSE(decoded("abc", "gzip, gzip, gzip, gzip, gzip", 100));
}
