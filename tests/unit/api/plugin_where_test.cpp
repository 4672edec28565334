// Where and when plugins of an application run: the fields of PluginUse, and what find_route() tells of a chain.
#include <asio/connect.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "ferrotunnel/config.hpp"
#include "ferrotunnel/http_route.hpp"
#include "ferrotunnel/plugin.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

using Lines = std::vector<std::string>;

/// Answers with its words.
class Answers final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "answers",
        .version = "1",
        .schema = R"({"type": "object", "properties": {"words": {"type": "string", "default": "words"}}})"};

    static void check(const plugin::Settings& settings) { settings.reads_note("who", "words"); }
    explicit Answers(const plugin::Settings& settings) : words_(settings.text("words").value()) {}
    plugin::Decision on_request(plugin::Exchange&) override { return plugin::Decision::respond({200, {}, words_}); }

private:
    std::string words_;
};

PluginUse answers(const std::string& words) {
    return {.library = &plugin::library<Answers>, .type = "answers", .settings = "{words: " + words + "}", .id = words};
}

std::string get(const Server& server) {
    const std::string at = server.http_endpoint();
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect(
        {asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)))});
    asio::write(socket, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")));
    std::string all;
    asio::error_code error;
    asio::read(socket, asio::dynamic_buffer(all), error);
    return all.substr(all.find("\r\n\r\n") + 4);
}

Lines use_problems(const PluginUse& use) {
    Server::Builder builder = server_builder(Secret::generate());
    builder.add_plugin(use);
    Lines all;
    for (const Problem& problem : builder.check()) {
        all.push_back(problem.key + ": " + problem.text);
    }
    return all;
}

/// "id yes why", a line each.
Lines told_of_plugins(const HttpRoute& route) {
    Lines lines;
    for (const HttpRoutePlugin& each : route.plugins) {
        const char* const runs = each.runs == HttpRoutePlugin::Runs::yes  ? " yes "
                                 : each.runs == HttpRoutePlugin::Runs::no ? " no "
                                                                          : " depends ";
        lines.push_back(each.plugin + runs + each.why);
    }
    return lines;
}

std::vector<Http> app_services() {
    Http http;
    http.host = "app.test";
    http.local = "127.0.0.1:3000";
    return {http};
}

}  // namespace

TEST_CASE("linked plugins run where and when the application says", "[plugins]") {
    PluginUse elsewhere = answers("elsewhere");
    elsewhere.hosts = {"other.test"};
    PluginUse below = answers("below");
    below.paths = {"/api"};
    PluginUse shop = answers("shop");
    shop.services = {"shop"};
    PluginUse post = answers("post");
    post.when = "request.method == \"POST\"";
    PluginUse here = answers("here");
    here.hosts = {"*.test"};
    here.paths = {"= /"};
    here.services = {"app.test"};
    here.when = "request.method == \"GET\"";
    const Secret token = Secret::generate();
    Server::Builder builder = server_builder(token);
    builder.http_bind("127.0.0.1:0");
    for (const PluginUse& use : {elsewhere, below, shop, post, here, answers("last")}) {
        builder.add_plugin(use);
    }
    Server server = builder.build();
    server.start();
    Echo echo;
    Client client = client_builder(token, server.client_endpoint()).build();
    client.add(Http("app.test", echo.address()));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    CHECK(get(server) == "here");
}

TEST_CASE("what is wrong with where and when a plugin runs is told by its field", "[plugins]") {
    PluginUse use = answers("x");
    use.hosts = {"ok.test", "http://x"};
    use.paths = {"api"};
    use.services = {""};
    use.when = "request.pth == 1";
    CHECK(use_problems(use) ==
          Lines{"plugins[0].hosts[1]: is a URL; write only its host, like app.example.com",
                "plugins[0].paths[0]: does not begin with '/'", "plugins[0].services[0]: is not a valid service name",
                "plugins[0].when: 1:1: unknown field `request.pth`; did you mean `request.path`?"});
    CHECK(use_problems(answers("x")).empty());
}

TEST_CASE("a note that is read and that nobody sets is warned of at the start", "[plugins]") {
    std::mutex mutex;
    std::string text;
    const auto warned = [&] {
        const std::lock_guard lock(mutex);
        return text.find("plugins[0].words: reads the note `who`, which no plugin of the chain sets") !=
               std::string::npos;
    };
    {
        Server server = server_builder(Secret::generate())
                            .add_plugin(answers("x"))
                            .log(
                                [&](const LogRecord& record) {
                                    const std::lock_guard lock(mutex);
                                    text += std::string(record.message) + '\n';
                                },
                                LogLevel::warn)
                            .build();
        server.start();
        CHECK(eventually(warned));  // the server's end has patience for lines, but not without limit
    }
}

TEST_CASE("a route tells which plugins run for it", "[plugins][http]") {
    PluginUse scoped = answers("scoped");
    scoped.paths = {"/api", "= /x"};
    PluginUse conditional = answers("conditional");
    conditional.when = "request.headers[\"x-role\"] == \"admin\" && visitor.address.in(\"10.0.0.0/8\") && visitor.tls";
    PluginUse noted = answers("");
    noted.when = "has(note.who)";
    const std::vector<PluginUse> chain{scoped, conditional, noted};
    HttpRouteRequest request{.url = "http://app.test/"};
    CHECK(told_of_plugins(find_route(app_services(), request, chain)) ==
          Lines{"scoped no its paths, `/api`, `= /x`, do not include `/`", "conditional no its condition does not hold",
                "answers depends its condition depends on the note `who`"});
    request = {"https://app.test/%61pi", "GET", {{"X-Role", "admin"}}, "10.1.2.3"};
    const HttpRoute route = find_route(app_services(), request, chain);
    CHECK(told_of_plugins(route) == Lines{"scoped yes its scope includes the request",
                                          "conditional yes its condition holds",
                                          "answers depends its condition depends on the note `who`"});
    CHECK(route.request == Lines{"GET /api HTTP/1.1", "Host: app.test", "X-Role: admin"});
    CHECK(find_route(app_services(), "app.test").plugins.empty());
}

TEST_CASE("a route tells of a path that is ambiguous for plugins alone", "[plugins][http]") {
    PluginUse scoped = answers("scoped");
    scoped.paths = {"/api"};
    PluginUse conditional = answers("conditional");
    conditional.when = "request.path.startsWith(\"/admin\")";
    for (const char* url : {"app.test//api", "app.test//admin"}) {
        const HttpRoute route = find_route(app_services(), {.url = url}, {scoped, conditional});
        CHECK(route.outcome == HttpRoute::Outcome::page);
        CHECK(route.status == 400);
        CHECK(route.code == "ambiguous_path");
        CHECK(route.request.empty());
        CHECK(route.plugins.empty());
    }
    CHECK(find_route(app_services(), {.url = "app.test//x"}, {scoped, conditional}).outcome ==
          HttpRoute::Outcome::backend);
    PluginUse strict = answers("strict");
    strict.reject_ambiguous_paths = true;
    CHECK(find_route(app_services(), {.url = "app.test//x"}, {scoped, strict}).code == "ambiguous_path");
    CHECK(find_route(app_services(), {.url = "app.test/y/../x"}, {scoped, strict}).outcome ==
          HttpRoute::Outcome::backend);
    strict.observe = true;
    CHECK(find_route(app_services(), {.url = "app.test//x"}, {scoped, strict}).outcome == HttpRoute::Outcome::backend);
}

TEST_CASE("what is wrong with a request or a chain that a route is asked for", "[plugins][http]") {
    const auto problem = [](const HttpRouteRequest& request, const std::vector<PluginUse>& chain) -> std::string {
        try {
            (void)find_route(app_services(), request, chain);
        } catch (const config_error& error) {
            return error.problems().front().key + ": " + error.problems().front().text;
        }
        return "";
    };
    PluginUse wrong = answers("x");
    wrong.when = "visitor";
    CHECK(problem({.url = "app.test"}, {wrong}).starts_with("plugins[0].when: 1:1: "));
    CHECK(problem({.url = "app.test", .headers = {{"X A", "1"}}}, {}) ==
          "header: \"X A\" cannot be a field; expected one like X-User: ann");
    CHECK(problem({.url = "app.test", .headers = {{"X-A", "1\r\nX-B: 2"}}}, {}).starts_with("header: "));
    CHECK(problem({.url = "app.test", .visitor = "here"}, {answers("x")}) ==
          "visitor: is not a valid IP address; expected one like 192.0.2.7");
}

TEST_CASE("a chain that a file says is told without its settings", "[plugins]") {
    std::vector<Problem> problems;
    const Config config = Config::try_parse("server: {plugins: {chain: []}}", "f.yml", problems);
    CHECK(config.server_section().plugins.empty());
}
