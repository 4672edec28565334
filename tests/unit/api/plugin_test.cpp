// Plugins that an application links: added to a server, made when it starts, gone when it has ended.
#include "ferrotunnel/plugin.hpp"

#include <asio/connect.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using plugin::Decision;
using plugin::Exchange;

namespace {

/// Greets, and counts what becomes of it.
class Greets final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "greets", .version = "1", .schema = R"({"type": "object", "required": ["words"], "properties": {
            "words": {"type": "string", "minLength": 1},
            "later": {"type": "boolean", "default": false}}})"};
    static inline std::atomic<int> living{0};
    static inline std::atomic<int> started{0};
    static inline std::atomic<int> stopped{0};

    static void check(const plugin::Settings& settings) {
        if (settings.text("words") == "rude") {
            settings.problem("words", "is not polite");
        }
    }
    explicit Greets(const plugin::Settings& settings)
        : words_(settings.text("words").value()), later_(settings.boolean("later").value()) {
        if (words_ == "unmade") {
            throw std::runtime_error("no such greeting");
        }
        ++living;
    }
    ~Greets() override { --living; }

    void start() override { ++started; }
    void stop() override {
        ++stopped;
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    Decision on_request(Exchange& exchange) override {
        if (!later_) {
            return Decision::respond({200, {}, words_});
        }
        return exchange.later([this](plugin::Later later) {
            thread_ = std::thread([later = std::move(later), words = words_]() mutable {
                std::move(later).decide(Decision::respond({200, {}, words}));
            });
        });
    }

private:
    std::string words_;
    bool later_;
    std::thread thread_;
};

struct PluginFixture {
    /// A server with these plugins, and a client with a service behind it.
    explicit PluginFixture(std::vector<PluginUse> uses) {
        Greets::started = Greets::stopped = 0;
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0");
        for (PluginUse& use : uses) {
            builder.add_plugin(std::move(use));
        }
        server.emplace(builder.build());
    }
    std::string get() {
        if (!client) {
            client.emplace(client_builder(token, server->client_endpoint()).build());
            client->add(Http("app.test", echo.address()));
            client->start();
            REQUIRE_FALSE(client->wait_ready(patience));
        }
        const std::string at = server->http_endpoint();
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

    const Secret token = Secret::generate();
    Echo echo;
    std::optional<Server> server;
    std::optional<Client> client;
};

PluginUse greets(std::string settings) {
    return {.library = &plugin::library<Greets>, .settings = std::move(settings)};
}

std::vector<std::string> chain_problems(std::vector<PluginUse> uses) {
    Server::Builder builder = server_builder(Secret::generate());
    for (PluginUse& use : uses) {
        builder.add_plugin(std::move(use));
    }
    std::vector<std::string> all;
    for (const Problem& problem : builder.check()) {
        all.push_back(problem.key + ": " + problem.text);
    }
    return all;
}

}  // namespace

TEST_CASE("a linked plugin lives from the server's start to its end", "[plugins]") {
    {
        PluginFixture rig({greets("{words: hello}")});
        CHECK(Greets::living == 0);
        rig.server->start();
        CHECK(Greets::living == 1);
        CHECK(Greets::started == 1);
        CHECK(rig.get() == "hello");
        CHECK_FALSE(rig.server->stop());
        CHECK(Greets::living == 0);
        CHECK(Greets::stopped == 1);
    }
    CHECK(Greets::living == 0);
}

TEST_CASE("a linked plugin decides on a thread of its own", "[plugins][threads]") {
    PluginFixture rig({greets("{words: at last, later: true}")});
    rig.server->start();
    CHECK(rig.get() == "at last");
}

TEST_CASE("several instances of a plugin have settings of their own, and the first one answers", "[plugins]") {
    PluginFixture rig({greets("{words: one}"), greets("{words: two}")});
    rig.server->start();
    CHECK(Greets::living == 2);
    CHECK(rig.get() == "one");
}

TEST_CASE("plugins that cannot work are told when the server is built", "[plugins]") {
    using Catch::Contains;
    const auto only = [](std::vector<PluginUse> uses, const std::string& text) {
        const std::vector<std::string> all = chain_problems(std::move(uses));
        REQUIRE(all.size() == 1);
        CHECK_THAT(all.front(), Contains(text));
    };
    CHECK(chain_problems({greets("{words: hello}")}).empty());
    only({{}}, "plugins[0]: has no library");
    only({greets("")}, "plugins[0]");
    only({greets("{words: hello}"), greets("{words: rude}")}, "plugins[1].words: is not polite");
    only({greets("{wrds: hello, words: x}")}, "words");
    only({greets("{words: [}")}, "plugins[0]");
    only({{.library = &plugin::library<Greets>, .type = "gretes", .settings = "{words: x}"}}, "it has greets");
    PluginUse named = greets("{words: x}");
    named.id = "same";
    only({named, named}, "plugins[1].id: is used by another plugin too");
    named.id = "a b";
    only({named}, "plugins[0].id: must have up to 64 letters");
    CHECK(chain_problems(std::vector<PluginUse>(56, greets("{words: x}"))).empty());
    only(std::vector<PluginUse>(57, greets("{words: x}")), "there may be up to 56 if clients may request plugins");
    only(std::vector<PluginUse>(65, greets("{words: x}")), "there may be up to 64");
}

TEST_CASE("a server whose plugin cannot be made does not start, and says why", "[plugins]") {
    PluginFixture rig({greets("{words: hello}"), greets("{words: unmade}")});
    CHECK_THROWS_WITH(rig.server->start(), Catch::Contains("\"greets-2\" cannot be created: no such greeting"));
    CHECK(Greets::started == 0);
    CHECK(Greets::stopped == 0);
    CHECK(Greets::living == 0);
    CHECK_THROWS_WITH(rig.server->start(), Catch::Contains("greets-2"));  // and does so again
}
