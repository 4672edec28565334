// frp's INI files, and its templates and included files.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "frp_support.hpp"

using ferrotunnel::cli::importing::Format;
using frp_test::contains;
using frp_test::lost;
using frp_test::yaml;

TEST_CASE("an INI file of frp", "[frp][ini]") {
    const auto draft =
        frp_test::read({"[common]\nserver_addr = edge\nserver_port = 7001\ntoken = \"abc\"\n"
                        "[ssh]\nlocal_port = 22\nremote_port = 6000\n"
                        "[range:rooms]\ntype = tcp\nlocal_port = 100-102,110\nremote_port = 200-202,210\n"
                        "[v]\nrole = visitor\ntype = stcp\nsk = k\nserver_name = db\nbind_port = 9\n"},
                       Format::ini);
    const std::string text = yaml(draft);
    CHECK(contains(text, "server: edge:7001"));
    CHECK(contains(text, "name: ssh\n      tcp: 6000\n      local: 127.0.0.1:22"));
    CHECK(contains(text, "name: rooms-200-202\n      tcp: 200-202\n      local: 127.0.0.1:100-102"));
    CHECK(contains(text, "name: rooms-210\n      tcp: 210\n      local: 127.0.0.1:110"));
    CHECK(contains(text, "visits:\n    - name: db\n      local: 127.0.0.1:9"));
    CHECK(draft.secrets.front().content == "abc");
    CHECK(draft.lost.empty());
}

TEST_CASE("an INI file of frp with colons keeps its password", "[frp][ini]") {
    const auto draft = frp_test::read({"[common]\nserver_addr: edge\ntoken: abc\n"
                                       "[web]\ntype: http\nlocal_port: 80\ncustom_domains: a.example.com\n"
                                       "http_user: ann\nhttp_pwd: sesame:7\n"},
                                      Format::ini);
    CHECK(contains(yaml(draft), "auth:\n            users:\n              ann: "));
    CHECK(draft.lost.empty());
}

TEST_CASE("booleans of YAML", "[frp]") {
    const auto draft = frp_test::read({"serverAddr: edge\nauth: {token: abc}\nproxies:\n"
                                       "- {name: a, type: tcp, localPort: 1, remotePort: 6001, enabled: False}\n"
                                       "- {name: b, type: tcp, localPort: 1, remotePort: 6002, enabled: nearly}\n"
                                       "- {name: c, type: tcp, localPort: 1, remotePort: 6003, enabled: TRUE}\n"},
                                      Format::yaml);
    const std::string text = yaml(draft);
    CHECK(contains(text, "name: a\n      tcp: 6001\n      local: 127.0.0.1:1\n      enabled: off"));
    CHECK(contains(text, "name: b\n      tcp: 6002\n      local: 127.0.0.1:1\n      enabled: off"));
    CHECK_FALSE(contains(text, "name: c\n      tcp: 6003\n      local: 127.0.0.1:1\n      enabled"));
    CHECK_FALSE(lost(draft, "proxies[2].enabled").empty());
}

TEST_CASE("an INI file of a server", "[frp][ini]") {
    const auto draft = frp_test::read({"[common]\nbind_port = 7000\ntoken = abc\nallow_ports = 2000-3000,3001\n"
                                       "dashboard_port = 7500\ndashboard_addr = 127.0.0.1\nstrange = 1\n"},
                                      Format::ini);
    CHECK(contains(yaml(draft), "allow_ports: [2000-3000, 3001]"));
    CHECK(contains(yaml(draft), "dashboard: 127.0.0.1:7500"));
    CHECK_FALSE(lost(draft, "strange").empty());
}

TEST_CASE("ranges of templates", "[frp][template]") {
    const auto draft =
        frp_test::read({"serverAddr = \"{{ .Envs.EDGE }}\"\nauth.token = \"t\"\n"
                        "{{- range $_, $v := parseNumberRangePair \"6000-6002,7\" \"8000-8002,9\" }}\n"
                        "[[proxies]]\nname = \"tcp-{{ $v.First }}\"\ntype = \"tcp\"\nlocalPort = {{ $v.First }}\n"
                        "remotePort = {{ $v.Second }}\n{{- end }}\n"});
    const std::string text = yaml(draft);
    CHECK(contains(text, "server: \"${EDGE}:7000\""));
    CHECK(contains(text, "name: tcp-6000-6002\n      tcp: 8000-8002\n      local: 127.0.0.1:6000-6002"));
    CHECK(contains(text, "name: tcp-7\n      tcp: 9\n      local: 127.0.0.1:7"));
    CHECK(draft.lost.empty());
}

TEST_CASE("other templates are errors", "[frp][template]") {
    CHECK_THROWS_WITH(frp_test::read({"serverAddr = \"{{ if true }}a{{ end }}\"\n"}), Catch::Contains("file-1:1"));
    CHECK_THROWS_WITH(frp_test::read({"serverPort = {{ add 1 2 }}\n"}), Catch::Contains("not supported"));
}

TEST_CASE("included files", "[frp]") {
    namespace fs = std::filesystem;
    std::string name = (fs::temp_directory_path() / "test-import-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    const fs::path folder = name;
    fs::create_directory(folder / "conf.d");
    std::ofstream(folder / "frpc.toml")
        << "serverAddr = \"edge\"\nauth.token = \"t\"\nincludes = [\"./conf.d/*.toml\", \"none/*\"]\n";
    std::ofstream(folder / "conf.d/a.toml")
        << "[[proxies]]\nname = \"a\"\ntype = \"tcp\"\nlocalPort = 1\nremotePort = 6001\n";
    const std::vector<ferrotunnel::cli::importing::Source> sources{
        ferrotunnel::cli::importing::load_source((folder / "frpc.toml").string())};
    const auto draft = ferrotunnel::cli::importing::read_frp(sources);
    CHECK(contains(yaml(draft), "name: a"));
    CHECK(contains(lost(draft, "includes"), "none/*"));
    fs::remove_all(folder);
}
