// Guards of services that cannot be read: a password as a list, a filter of addresses as a text. Nothing that was
// restricted is offered without its restriction.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/import/readers.hpp"
#include "frp_support.hpp"
#include "reading.hpp"

using namespace ferrotunnel::cli::importing;
using frp_test::contains;

namespace {

bool is_off(const Draft& draft) {
    return contains(frp_test::yaml(draft), "enabled: off");
}

/// An frp client as YAML with one proxy for static files.
std::string files_of_frp(const std::string& plugin_lines, const std::string& lines = {}) {
    return "serverAddr: edge\nauth: {token: t}\nproxies:\n  - name: a\n    type: http\n    customDomains: "
           "[a.example.net]\n" +
           lines + "    plugin:\n      type: static_file\n      localPath: /srv\n" + plugin_lines;
}

Draft frp_yaml(const std::string& text) {
    return frp_test::read({text}, Format::yaml);
}

constexpr const char* unreadable_texts[] = {"[ann]", "{a: b}", "", "null", "7", "1.50", "true"};

/// An ngrok tunnel for HTTP with these lines.
Reading ngrok_tunnel(const std::string& lines, const std::string& proto = "http") {
    return read_yaml(read_ngrok, "tunnels:\n  web:\n    proto: " + proto + "\n    addr: 3000\n" + lines);
}

Reading ngrok_endpoint(const std::string& lines) {
    return read_yaml(read_ngrok, "version: 3\nendpoints:\n  - upstream: {url: 3000}\n" + lines);
}

Draft command(const std::vector<std::string>& words) {
    return read_command_line(words);
}

}  // namespace

TEST_CASE("frp: a password that is not a text closes static files", "[frp][guard]") {
    for (const std::string value : unreadable_texts) {
        INFO(value);
        for (const auto& [user, password] :
             {std::pair{value, std::string("sesame")}, std::pair{std::string("ann"), value}, std::pair{value, value}}) {
            const Draft draft =
                frp_yaml(files_of_frp("      httpUser: " + user + "\n      httpPassword: " + password + "\n"));
            CHECK(is_off(draft));
            const bool is_user = user == value;
            CHECK_FALSE(frp_test::lost(draft, is_user ? "proxies[1].plugin.httpUser" : "proxies[1].plugin.httpPassword")
                            .empty());
        }
        CHECK(is_off(frp_yaml(files_of_frp("      httpPassword: " + value + "\n"))));
        CHECK(is_off(frp_yaml(files_of_frp("      httpUser: " + value + "\n"))));
    }
    CHECK_FALSE(is_off(frp_yaml(files_of_frp("      httpUser: ann\n      httpPassword: \"7\"\n"))));
    CHECK_FALSE(is_off(frp_yaml(files_of_frp("      httpUser: \"\"\n      httpPassword: \"\"\n"))));
    CHECK_FALSE(is_off(frp_yaml(files_of_frp(""))));
}

TEST_CASE("frp: a password that is not a text closes http proxies", "[frp][guard]") {
    const auto proxy = [](const std::string& lines) {
        return frp_yaml(
            "serverAddr: edge\nauth: {token: t}\nproxies:\n  - name: a\n    type: http\n    localPort: 80\n"
            "    customDomains: [a.example.net]\n" +
            lines);
    };
    for (const std::string value : unreadable_texts) {
        INFO(value);
        CHECK(is_off(proxy("    httpUser: " + value + "\n")));
        CHECK(is_off(proxy("    httpPassword: " + value + "\n")));
        CHECK(is_off(proxy("    httpUser: ann\n    httpPassword: " + value + "\n")));
        CHECK(is_off(proxy("    httpUser: " + value + "\n    httpPassword: sesame\n")));
    }
    CHECK_FALSE(frp_test::lost(proxy("    httpUser: {a: b}\n"), "proxies[1].httpUser").empty());
    for (const std::string lines : {"enabled: [false]", "enabled: {a: b}", "locations: {a: /x}", "locations: [[/x]]"}) {
        INFO(lines);
        const Draft draft = proxy("    " + lines + "\n");
        CHECK(is_off(draft));
        CHECK_FALSE(frp_test::lost(draft, "proxies[1]." + lines.substr(0, lines.find(':'))).empty());
    }
}

TEST_CASE("frp: a password in a variable is not known here", "[frp][guard]") {
    const Draft draft = frp_yaml(files_of_frp("      httpUser: ann\n      httpPassword: \"{{ .Envs.PASSWORD }}\"\n"));
    CHECK(is_off(draft));
    CHECK(contains(frp_test::lost(draft, "proxies[1].plugin.httpUser"), "variable"));
}

TEST_CASE("frp: what says that a proxy is off, and cannot be read", "[frp][guard]") {
    const Draft draft = frp_yaml(
        "serverAddr: edge\nauth: {token: t}\nstart: {a: b}\nproxies:\n  - name: a\n    type: tcp\n    localPort: 22\n"
        "    remotePort: 6000\n");
    CHECK(is_off(draft));
    CHECK_FALSE(frp_test::lost(draft, "start").empty());
    // Without its plugin, the port would be offered.
    const Draft plugin = frp_yaml(
        "serverAddr: edge\nauth: {token: t}\nproxies:\n  - name: a\n    type: tcp\n    localPort: 22\n"
        "    plugin: static_file\n");
    CHECK_FALSE(contains(frp_test::yaml(plugin), "services"));
}

TEST_CASE("what is offered cannot be read", "[guard]") {
    const auto frp = [](const std::string& lines) {
        return frp_test::yaml(
            frp_yaml("serverAddr: edge\nauth: {token: t}\nproxies:\n  - name: a\n    localPort: 22\n" + lines));
    };
    CHECK(contains(frp("    type: tcp\n    remotePort: 6000\n"), "tcp: 6000"));
    for (const char* const line :
         {"type: [stcp]", "type: ", "type: 7", "type: tcp\n    localIP: [192.0.2.1]", "type: tcp\n    localIP: 7"}) {
        INFO(line);
        CHECK_FALSE(contains(frp("    " + std::string(line) + "\n    remotePort: 6000\n"), "services"));
    }
    for (const char* const addr : {"[3000]", "{a: b}", "", "null"}) {
        INFO(addr);
        const Reading reading =
            read_yaml(read_ngrok, "tunnels:\n  web:\n    proto: http\n    addr: " + std::string(addr) + "\n");
        CHECK(reading.services().empty());
        CHECK(reading.has_lost("tunnels.web"));
    }
    const Reading rathole =
        read_toml(read_rathole,
                  {"[server]\nbind_addr = \"0.0.0.0:1\"\ndefault_token = \"t\"\n[server.services.a]\ntype = [\"udp\"]\n"
                   "bind_addr = \"0.0.0.0:6000\"\n"});
    CHECK_FALSE(contains(rathole.server(), "6000"));
    CHECK_THROWS_AS(read_yaml(read_cloudflared, "url: http://127.0.0.1:80\nhostname: [a.example.net]\n"), SourceError);
    CHECK_THROWS_WITH(frp_yaml(files_of_frp("      httpUser: \"\"\n      httpUser: ann\n")), Catch::Contains("twice"));
}

TEST_CASE("frp: a folder of files keeps its path", "[frp][guard]") {
    const Draft draft = frp_yaml(files_of_frp("      stripPrefix: old\n", "    locations: [/public]\n"));
    CHECK(is_off(draft));
    CHECK_FALSE(frp_test::lost(draft, "proxies[1].plugin.stripPrefix").empty());
    CHECK(is_off(frp_yaml(files_of_frp("      stripPrefix: [old]\n"))));
}

TEST_CASE("frp: who may be a client of the server, and cannot be read", "[frp][guard]") {
    for (const char* const line :
         {"allowPorts: {start: 1, end: 2}", "allowPorts: [[1]]", "allowPorts: [{single: x}]",
          "allowPorts: [{start: 5, end: 1}]", "allowedClientIPs: {a: b}", "allowedClientIPs: [[10.0.0.0/8]]",
          "proxyBindAddr: [127.0.0.1]", "bindAddr: {a: b}"}) {
        INFO(line);
        CHECK_THROWS_AS(frp_yaml("bindPort: 7000\nauth: {token: t}\n" + std::string(line) + "\n"), SourceError);
    }
}

TEST_CASE("ngrok: passwords and filters that cannot be read", "[ngrok][guard]") {
    for (const std::string key : {"basic_auth", "auth", "httpauth"}) {
        for (const std::string value :
             {"", "null", "{}", "{a: b}", "[[ann:sesame]]", "[null]", "[ann:sesame, {a: b}]", "true", "7"}) {
            INFO(key << ": " << value);
            const Reading reading = ngrok_tunnel("    " + key + ": " + value + "\n");
            CHECK(is_off(reading.draft));
            CHECK(reading.has_lost("tunnels.web." + key));
        }
    }
    for (const std::string value : {"", "null", "x", "[10.0.0.0/8]", "{allow_cidrs: {a: b}}", "{allow_cidrs: }",
                                    "{deny_cidrs: [192.0.2.1, [192.0.2.2]]}",
                                    "{allow_cidrs: {a: b}, deny_cidrs: [192.0.2.1]}", "{allow_cidr: [10.0.0.0/8]}"}) {
        INFO(value);
        for (const char* const proto : {"http", "tcp"}) {
            const Reading reading = ngrok_tunnel("    ip_restriction: " + value + "\n", proto);
            CHECK(is_off(reading.draft));
            CHECK_FALSE(reading.draft.lost.empty());
        }
    }
    CHECK_FALSE(is_off(ngrok_tunnel("    basic_auth: [\"ann:sesame\"]\n").draft));
    CHECK_FALSE(is_off(ngrok_tunnel("    ip_restriction: {allow_cidrs: [10.0.0.0/8], deny_cidrs: []}\n").draft));
}

TEST_CASE("ngrok: traffic policies that cannot be read", "[ngrok][guard]") {
    for (const std::string policy : {
             "{on_http_request: [x]}",
             "{on_http_request: {a: b}}",
             "{on_http_request: [{actions: {type: deny}}]}",
             "{on_http_request: [{actions: deny}]}",
             "{on_http_request: [{actions: [deny]}]}",
             "{on_http_request: [{actions: [{type: basic-auth, config: [ann:sesame]}]}]}",
             "{on_http_request: [{actions: [{type: restrict-ips, config: {deny: [192.0.2.1, [192.0.2.2]]}}]}]}",
             "{on_http_request: [{actions: [{type: restrict-ips, config: {allow: {a: b}, deny: [192.0.2.1]}}]}]}",
             "{on_http_request: [{actions: [{type: restrict-ips, config: {deny: [192.0.2.1], more: [x]}}]}]}",
         }) {
        INFO(policy);
        const Reading reading = ngrok_endpoint("    traffic_policy: " + policy + "\n");
        CHECK(is_off(reading.draft));
        CHECK_FALSE(reading.draft.lost.empty());
    }
    const Reading conditional = ngrok_endpoint(
        "    traffic_policy: {on_http_request: [{expressions: {a: b}, actions: [{type: restrict-ips, config: {deny: "
        "[192.0.2.1]}}]}]}\n");
    CHECK(is_off(conditional.draft));
}

TEST_CASE("ngrok: endpoints that may not have been public", "[ngrok][guard]") {
    for (const std::string line :
         {"bindings: {a: internal}", "bindings: [[internal]]", "url: [https://a.internal]", "url: {a: b}"}) {
        INFO(line);
        const Reading reading = ngrok_endpoint("    " + line + "\n");
        CHECK(is_off(reading.draft));
        CHECK_FALSE(reading.draft.lost.empty());
    }
    CHECK(is_off(ngrok_tunnel("    agent_tls_termination: [x]\n", "tls").draft));
    const Reading verified = read_yaml(
        read_ngrok, "tunnels:\n  web: {proto: http, addr: \"https://127.0.0.1:8443\", verify_upstream_tls: [true]}\n");
    CHECK_FALSE(contains(verified.client(), "backend_insecure"));
}

TEST_CASE("cloudflared: a login that cannot be read", "[cloudflared][guard]") {
    const auto rule = [](const std::string& origin) {
        return read_yaml(read_cloudflared,
                         "tunnel: t\ningress:\n  - hostname: a.example.net\n    service: http://127.0.0.1:80\n"
                         "    originRequest: " +
                             origin + "\n  - service: http_status:404\n");
    };
    for (const std::string origin :
         {"{access: true}", "{access: [x]}", "{access: }", "{access: {required: [true]}}",
          "{access: {required: {a: b}}}", "{access: {required: }}", "{access: {required: perhaps}}", "[x]", "x"}) {
        INFO(origin);
        const Reading reading = rule(origin);
        CHECK(contains(reading.client(), "ip-filter"));
        CHECK_FALSE(reading.draft.lost.empty());
    }
    CHECK_FALSE(contains(rule("{access: {required: false}}").client(), "ip-filter"));
    CHECK(is_off(
        read_yaml(read_cloudflared, "tunnel: t\nurl: http://127.0.0.1:80\noriginRequest: {access: [x]}\n").draft));
    for (const char* const line : {"hostname: [a.example.net]", "path: {a: b}"}) {
        CHECK_THROWS_AS(
            read_yaml(read_cloudflared, "ingress:\n  - service: http://127.0.0.1:80\n    " + std::string(line) + "\n"),
            SourceError);
    }
}

TEST_CASE("cloudflared: a rule switches off what is on for all", "[cloudflared][guard]") {
    const auto rule = [](const std::string& all, const std::string& own) {
        return read_yaml(read_cloudflared, "originRequest: " + all +
                                               "\ningress:\n  - hostname: a.example.net\n    service: "
                                               "https://127.0.0.1:443\n    originRequest: " +
                                               own + "\n  - service: http_status:404\n");
    };
    const Reading verified = rule("{noTLSVerify: true}", "{noTLSVerify: false, caPool: /etc/ca.pem}");
    CHECK_FALSE(contains(verified.client(), "backend_insecure"));
    CHECK(contains(verified.client(), "backend_ca: /etc/ca.pem"));
    const Reading unclear = rule("{noTLSVerify: true}", "{noTLSVerify: [x]}");
    CHECK_FALSE(contains(unclear.client(), "backend_insecure"));
    CHECK(unclear.has_lost("ingress[1].originRequest.noTLSVerify"));
    CHECK(contains(rule("{noTLSVerify: true}", "{}").client(), "backend_insecure: on"));
    CHECK(contains(rule("{http2Origin: true}", "{http2Origin: false}").client(), "local: https://127.0.0.1:443"));
    CHECK(contains(rule("{access: {required: true}}", "{}").client(), "ip-filter"));
    CHECK_FALSE(contains(rule("{access: {required: true}}", "{access: {required: false}}").client(), "ip-filter"));
}

TEST_CASE("cloudflared: destinations of a proxy that cannot be read", "[cloudflared][guard]") {
    for (const std::string rules :
         {"[{prefix: [10.0.0.0/8], allow: true}]", "[{prefix: 10.0.0.0/8, ports: {a: 1}, allow: true}]",
          "[{prefix: 10.0.0.0/8, ports: [99999], allow: true}]", "[{prefix: 10.0.0.0/8, ports: [1e3], allow: true}]",
          "[{prefix: 10.0.0.0/8, allow: true}, x]"}) {
        INFO(rules);
        const Reading reading = read_yaml(read_cloudflared,
                                          "ingress:\n  - hostname: a.example.net\n    service: socks-proxy\n"
                                          "    originRequest: {ipRules: " +
                                              rules + "}\n");
        CHECK(reading.services().empty());
        CHECK_FALSE(reading.draft.lost.empty());
    }
}

TEST_CASE("rathole: a service whose token cannot be read", "[rathole][guard]") {
    for (const std::string value : {"[\"x\"]", "{a = 1}", "7", "true"}) {
        INFO(value);
        const Reading reading = read_toml(
            read_rathole,
            {"[server]\nbind_addr = \"0.0.0.0:2333\"\ndefault_token = \"everybody\"\n[server.services.a]\ntoken = " +
             value + "\nbind_addr = \"0.0.0.0:6000\"\n"});
        CHECK_FALSE(contains(reading.server(), "6000"));
        CHECK(reading.has_lost("server.services.a"));
    }
}

TEST_CASE("command lines: guards without a value", "[command_line][guard]") {
    for (const std::vector<std::string>& words : {
             std::vector<std::string>{"ngrok", "http", "80", "--basic-auth"},
             {"ngrok", "http", "80", "--basic-auth", ""},
             {"ngrok", "tcp", "22", "--basic-auth", "ann:sesame"},
             {"ngrok", "http", "80", "--cidr-allow"},
             {"ngrok", "http", "80", "--cidr-allow="},
             {"ngrok", "tcp", "22", "--cidr-deny", ","},
             {"ngrok", "http", "80", "--binding"},
             {"ngrok", "http", "80", "--binding", "internal", "--binding", "public"},
             {"ngrok", "http", "80", "--binding", "public,internal"},
             {"ngrok", "http", "80", "--oauth="},
             {"frpc", "http", "-l", "80", "-d", "a.example.net", "--http_user"},
             {"frpc", "http", "-l", "80", "-d", "a.example.net", "--http_user=", "--http_pwd="},
             {"frpc", "http", "-l", "80", "-d", "a.example.net", "--http_pwd", "x"},
         }) {
        INFO(words.back());
        const Draft draft = command(words);
        CHECK(is_off(draft));
        CHECK_FALSE(draft.lost.empty());
    }
}
