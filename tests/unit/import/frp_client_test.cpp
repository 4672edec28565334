// frp's clients: each rule of the translation.
#include <catch2/catch.hpp>

#include "frp_support.hpp"

using frp_test::asks;
using frp_test::contains;
using frp_test::is_needless;
using frp_test::lost;
using frp_test::with_proxy;
using frp_test::yaml;

TEST_CASE("an frp client with a TCP proxy", "[frp]") {
    const auto draft =
        frp_test::read({with_proxy("name = \"ssh\"\ntype = \"tcp\"\nlocalPort = 22\nremotePort = 6000\n")});
    CHECK(yaml(draft) ==
          "client:\n"
          "  server: edge.example.net:7000\n"
          "  token: file:token\n"
          "  services:\n"
          "    - name: ssh\n"
          "      tcp: 6000\n"
          "      local: 127.0.0.1:22\n");
    CHECK(draft.lost.empty());
    CHECK(asks(draft, "proxyBindAddr"));
    REQUIRE(draft.secrets.size() == 1);
    CHECK(draft.secrets.front().content == "made-up");
}

TEST_CASE("comments name the line, and never a secret", "[frp]") {
    const auto draft =
        frp_test::read({"serverAddr = \"edge\"\nauth = { method = \"token\", token = \"swordfish\" }\n"
                        "user = \"swordfish\"\n"});
    const std::string text = ferrotunnel::cli::importing::to_yaml(draft, {.has_server = false});
    CHECK(contains(text, "# file-1:1: serverAddr = \"edge\""));
    CHECK(contains(text, "token: file:token"));
    CHECK(contains(text, "# file-1:2\n"));
    CHECK_FALSE(contains(text, "= \"swordfish\""));
}

TEST_CASE("IPv6 addresses get brackets", "[frp]") {
    const auto draft =
        frp_test::read({"serverAddr = \"2001:db8::7\"\nauth.token = \"t\"\n[[proxies]]\nname = \"a\"\ntype = \"udp\"\n"
                        "localIP = \"::1\"\nlocalPort = 53\n"});
    CHECK(contains(yaml(draft), "server: \"[2001:db8::7]:7000\""));
    CHECK(contains(yaml(draft), "udp: 0\n      local: \"[::1]:53\""));
}

TEST_CASE("an http proxy with hosts, paths and rules", "[frp]") {
    const auto draft = frp_test::read({with_proxy(
        "name = \"web\"\ntype = \"http\"\nlocalPort = 3000\ncustomDomains = [\"a.example.net\", \"*.b.example.net\"]\n"
        "locations = [\"/\", \"/pic\"]\nhostHeaderRewrite = \"inner\"\nrequestHeaders.set.x-a = \"1\"\n"
        "responseHeaders.set.x-b = \"2\"\n")});
    const std::string text = yaml(draft);
    CHECK(contains(text, "name: web\n      http: [a.example.net, \"**.b.example.net\"]"));
    CHECK(contains(text, "name: web-2\n"));
    CHECK(contains(text, "path: /pic\n"));
    CHECK(contains(text, "host_header: inner\n"));
    CHECK(contains(text, "request_headers:\n        set:\n          x-a: 1\n"));
    CHECK(contains(text, "response_headers:\n        set:\n          x-b: 2\n"));
    CHECK(draft.lost.empty());
    CHECK(asks(draft, "DNS"));
    CHECK(asks(draft, "/pictures"));
}

TEST_CASE("a subdomain needs the server's file", "[frp]") {
    const std::string client = with_proxy("name = \"web\"\ntype = \"http\"\nlocalPort = 3000\nsubdomain = \"web\"\n");
    CHECK_FALSE(lost(frp_test::read({client}), "proxies[1].subdomain").empty());
    const auto both =
        frp_test::read({"bindPort = 7000\nvhostHTTPPort = 80\nsubDomainHost = \"example.net\"\n", client});
    CHECK(contains(yaml(both), "http: web.example.net"));
    CHECK(contains(yaml(both), "domain: example.net"));
}

TEST_CASE("a password of visitors becomes a hash, and a guard that is lost switches the service off", "[frp]") {
    const auto draft = frp_test::read({with_proxy(
        "name = \"web\"\ntype = \"http\"\nlocalPort = 3000\ncustomDomains = [\"a.example.net\"]\nhttpUser = \"ann\"\n"
        "httpPassword = \"open-sesame\"\n")});
    CHECK(contains(yaml(draft), "plugins:\n        - auth:\n            users:\n              ann: \"$$"));
    CHECK_FALSE(contains(yaml(draft), "open-sesame"));
    const auto without =
        frp_test::read({with_proxy("name = \"web\"\ntype = \"http\"\nlocalPort = 3000\ncustomDomains = "
                                   "[\"a.example.net\"]\nhttpUser = \"ann\"\n")});
    CHECK(contains(yaml(without), "enabled: off"));
    const auto routed = frp_test::read(
        {with_proxy("name = \"web\"\ntype = \"http\"\nlocalPort = 3000\ncustomDomains = [\"a.example.net\"]\n"
                    "routeByHTTPUser = \"ann\"\n")});
    CHECK(contains(yaml(routed), "enabled: off"));
    CHECK_FALSE(lost(routed, "proxies[1].routeByHTTPUser").empty());
}

TEST_CASE("an https proxy passes TLS through", "[frp]") {
    const auto draft = frp_test::read(
        {with_proxy("name = \"s\"\ntype = \"https\"\nlocalPort = 8443\ncustomDomains = [\"s.example.net\"]\n"
                    "transport.proxyProtocolVersion = \"v2\"\n")});
    CHECK(contains(yaml(draft), "tls: s.example.net\n      local: 127.0.0.1:8443\n      proxy_protocol: v2"));
}

TEST_CASE("health checks keep frp's times", "[frp]") {
    const auto draft = frp_test::read(
        {with_proxy("name = \"a\"\ntype = \"tcp\"\nlocalPort = 22\nremotePort = 6000\nhealthCheck.type = \"tcp\"\n"
                    "healthCheck.timeoutSeconds = 5\nloadBalancer.group = \"g\"\nloadBalancer.groupKey = \"k\"\n")});
    CHECK(contains(yaml(draft),
                   "health:\n        type: tcp\n        interval: 10s\n        timeout: 5s\n        fall: 1"));
    CHECK(contains(yaml(draft), "group: g"));
    CHECK(is_needless(draft, "proxies[1].loadBalancer.groupKey"));
    CHECK(draft.lost.empty());
}

TEST_CASE("start switches the others off", "[frp]") {
    const auto draft =
        frp_test::read({"serverAddr = \"edge\"\nauth.token = \"t\"\nstart = [\"b\"]\n"
                        "[[proxies]]\nname = \"a\"\ntype = \"tcp\"\nlocalPort = 1\nremotePort = 6001\n"
                        "[[proxies]]\nname = \"b\"\ntype = \"tcp\"\nlocalPort = 2\nremotePort = 6002\n"});
    const std::string text = yaml(draft);
    CHECK(contains(text, "local: 127.0.0.1:1\n      enabled: off"));
    CHECK_FALSE(contains(text, "local: 127.0.0.1:2\n      enabled"));
}

TEST_CASE("private proxies and visits", "[frp]") {
    const auto draft = frp_test::read({with_proxy(
        "name = \"db\"\ntype = \"stcp\"\nlocalPort = 5432\nsecretKey = \"k1\"\nallowUsers = [\"*\"]\n"
        "[[visitors]]\nname = \"v\"\ntype = \"sudp\"\nserverName = \"dns\"\nsecretKey = \"k2\"\nbindPort = 53\n")});
    const std::string text = yaml(draft);
    CHECK(contains(text, "tcp: private\n      local: 127.0.0.1:5432\n      key: file:db.key"));
    CHECK(contains(text,
                   "visits:\n    - name: dns\n      local: 127.0.0.1:53\n      kind: udp\n      key: file:dns.key"));
}

TEST_CASE("metadata of the client stays, and what seems to be a secret is lost", "[frp]") {
    const std::string_view with_secret =
        "serverAddr = \"edge\"\nmetadatas.site = \"barn\"\nmetadatas.\"a.b\" = \"two words\"\n"
        "metadatas.apiToken = \"swordfish\"\nmetadatas.\"odd name\" = \"x\"\n";
    const auto draft = frp_test::read({with_secret});
    CHECK(contains(yaml(draft), "metadata:\n    site: barn\n    a.b: \"two words\"\n"));
    CHECK(contains(lost(draft, "metadatas.apiToken"), "is not secret"));
    CHECK(contains(lost(draft, "metadatas.odd name"), "letters, digits"));
    CHECK_FALSE(contains(ferrotunnel::cli::importing::to_yaml(draft, {.has_server = false}), "swordfish"));
    const auto ini =
        frp_test::read({"[common]\nserver_addr = edge\nmeta_site = barn\n"}, ferrotunnel::cli::importing::Format::ini);
    CHECK(contains(yaml(ini), "metadata:\n    site: barn\n"));
}

TEST_CASE("what has no equivalent is named", "[frp]") {
    for (const char* const type : {"xtcp", "tcpmux", "nonsense"}) {
        const auto draft =
            frp_test::read({with_proxy("name = \"a\"\ntype = \"" + std::string(type) + "\"\nlocalPort = 22\n")});
        CHECK_FALSE(lost(draft, "proxies[1] (a)").empty());
        CHECK_FALSE(contains(yaml(draft), "services"));
    }
    const auto draft =
        frp_test::read({"serverAddr = \"edge\"\nauth.token = \"t\"\ntransport.protocol = \"kcp\"\n"
                        "nonsense = 1\n[strange]\nkey = [1, 2]\n"});
    CHECK(contains(lost(draft, "transport.protocol"), "kcp"));
    CHECK_FALSE(lost(draft, "nonsense").empty());
    CHECK_FALSE(lost(draft, "strange.key").empty());
}

TEST_CASE("a proxy with a password is not copied", "[frp]") {
    const auto draft =
        frp_test::read({"serverAddr = \"edge\"\nauth.token = \"t\"\n"
                        "transport.proxyURL = \"http://ann:sesame@proxy:3128\"\n"});
    CHECK(contains(yaml(draft), "proxy: env"));
    CHECK_FALSE(contains(ferrotunnel::cli::importing::to_yaml(draft, {}), "sesame"));
    CHECK_FALSE(lost(draft, "transport.proxyURL").empty());
    const auto without =
        frp_test::read({"serverAddr = \"edge\"\nauth.token = \"t\"\n"
                        "transport.proxyURL = \"socks5://proxy:1080\"\n"});
    CHECK(contains(yaml(without), "proxy: socks5://proxy:1080"));
}

TEST_CASE("the token of a file or a variable", "[frp]") {
    const auto file =
        frp_test::read({"serverAddr = \"edge\"\nauth.tokenSource.type = \"file\"\n"
                        "auth.tokenSource.file.path = \"/etc/frp/token\"\n"});
    CHECK(contains(yaml(file), "token: file:/etc/frp/token"));
    CHECK(file.lost.empty());
    const auto variable = frp_test::read({"serverAddr = \"edge\"\nauth.token = \"{{ .Envs.FRP_TOKEN }}\"\n"});
    CHECK(contains(yaml(variable), "token: env:FRP_TOKEN"));
    CHECK(variable.secrets.empty());
    const auto none =
        frp_test::read({"serverAddr = \"edge\"\n[[proxies]]\nname = \"a\"\ntype = \"tcp\"\nlocalPort = 1\n"});
    CHECK_FALSE(lost(none, "auth.token").empty());
}

TEST_CASE("client plugins are kinds of backends", "[frp]") {
    const auto plugin = [](std::string_view type, std::string_view lines, std::string_view proxy = "http") {
        return frp_test::read(
            {with_proxy("name = \"a\"\ntype = \"" + std::string(proxy) +
                        "\"\ncustomDomains = [\"a.example.net\"]\nremotePort = 6000\nplugin.type = \"" +
                        std::string(type) + "\"\n" + std::string(lines))});
    };
    CHECK(contains(yaml(plugin("unix_domain_socket", "plugin.unixPath = \"/run/a.sock\"\n", "tcp")),
                   "local: unix:/run/a.sock"));
    CHECK(contains(yaml(plugin("http2https", "plugin.localAddr = \"127.0.0.1:443\"\n")),
                   "local: https://127.0.0.1:443\n      backend_insecure: on"));
    const auto files = plugin("static_file", "plugin.localPath = \"/srv/www\"\nplugin.stripPrefix = \"old\"\n");
    CHECK(contains(yaml(files), "local: files:/srv/www\n      listing: on\n      path: /old\n      strip_prefix: on"));
    const auto ended =
        plugin("https2http", "plugin.localAddr = \"127.0.0.1:80\"\nplugin.crtPath = \"a.pem\"\n", "https");
    CHECK(contains(yaml(ended), "http: a.example.net\n      local: http://127.0.0.1:80"));
    CHECK(contains(lost(ended, "proxies[1].plugin.crtPath"), "server"));
    CHECK(contains(lost(plugin("socks5", "", "tcp"), "proxies[1].plugin.type"), "destinations"));
    CHECK_FALSE(lost(plugin("virtual_net", "", "tcp"), "proxies[1] (a)").empty());
}

TEST_CASE("two clients are imported one after the other", "[frp]") {
    const std::string one = with_proxy("name = \"a\"\ntype = \"tcp\"\nlocalPort = 1\n");
    CHECK_THROWS_WITH(frp_test::read({one, one}), Catch::Contains("is a second client"));
}
