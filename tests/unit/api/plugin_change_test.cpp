// A chain of plugins that changes while its server runs: nobody is failed, nothing is left over, mistakes change
// nothing.
#include <asio/io_context.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "support/load.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using plugin::Decision;
using plugin::Exchange;

namespace {

/// Answers with its words, and with how many requests the instances before it and it have answered.
class Counts final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{
        .name = "counts", .version = "1", .schema = R"({"type": "object", "properties": {
            "words": {"type": "string", "default": "hello"}}})"};
    static inline std::atomic<int> living{0};
    static inline std::atomic<int> started{0};
    static inline std::atomic<int> stopped{0};
    static inline std::function<void()> on_make;

    Counts(const plugin::Settings& settings, Counts* before)
        : words_(settings.text("words").value()),
          count_(before != nullptr ? before->count_ : std::make_shared<std::atomic<int>>(0)) {
        if (words_ == "unmade") {
            throw std::runtime_error("no such words");
        }
        if (on_make) {
            on_make();
        }
        ++living;
    }
    ~Counts() override { --living; }
    void start() override { ++started; }
    void stop() override { ++stopped; }
    Decision on_request(Exchange& exchange) override {
        if (exchange.path() == "/held") {
            return exchange.later([](plugin::Later later) {
                const std::lock_guard lock(held_mutex);
                held.push_back(std::move(later));
            });
        }
        return Decision::respond({200, {}, words_ + " " + std::to_string(++*count_)});
    }

    static inline std::mutex held_mutex;
    static inline std::vector<plugin::Later> held;

private:
    const std::string words_;
    const std::shared_ptr<std::atomic<int>> count_;
};

PluginUse counts(const std::string& words, std::string id = {}) {
    return {.library = &plugin::library<Counts>, .settings = "{words: '" + words + "'}", .id = std::move(id)};
}

/// A visitor who keeps its connection.
class Keeps {
public:
    explicit Keeps(const std::string& at) : socket_(io_) {
        socket_.connect(
            {asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)))});
    }
    void send(const std::string& path) {
        asio::write(socket_, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: app.test\r\n\r\n"));
    }
    /// The status and the body, "200 hello 1".
    std::string receive() {
        const std::size_t head = asio::read_until(socket_, asio::dynamic_buffer(bytes_), "\r\n\r\n");
        const std::string all = bytes_.substr(0, head);
        bytes_.erase(0, head);
        const std::size_t at = all.find("Content-Length: ");
        const std::size_t size = at == std::string::npos ? 0 : std::stoul(all.substr(at + 16));
        while (bytes_.size() < size) {
            asio::read(socket_, asio::dynamic_buffer(bytes_), asio::transfer_at_least(1));
        }
        std::string body = bytes_.substr(0, size);
        bytes_.erase(0, size);
        return all.substr(9, 3) + " " + body;
    }
    std::string get(const std::string& path = "/") {
        send(path);
        return receive();
    }

private:
    asio::io_context io_;
    asio::ip::tcp::socket socket_;
    std::string bytes_;
};

struct Rig {
    explicit Rig(std::vector<PluginUse> uses, std::size_t workers = 2) {
        Counts::started = Counts::stopped = 0;
        Counts::on_make = nullptr;
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0").workers(workers);
        for (PluginUse& use : uses) {
            builder.plugin(std::move(use));
        }
        server = builder.build();
    }
    void start() {
        server.start();
        client = client_builder(token, server.control_endpoint()).build();
        client.add(Http("app.test", echo.address()));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }
    std::string at() { return server.http_endpoint(); }
    /// Waits until a new visitor's request is answered like this: workers are told by mail.
    bool comes(const std::string& begin) {
        return eventually([&] { return Keeps(at()).get().starts_with(begin); });
    }

    const Secret token = Secret::generate();
    Echo echo;
    Server server;
    Client client;
};

std::error_code error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("plugins: a new chain takes the old one's place, its state, and its visitors", "[plugins]") {
    {
        Rig rig({counts("one")});
        rig.start();
        Keeps visitor(rig.at());
        CHECK(visitor.get() == "200 one 1");
        rig.server.set_plugins({counts("two")});
        CHECK(eventually([&] { return visitor.get().starts_with("200 two "); }));
        const std::string last = visitor.get();
        CHECK(std::stoi(last.substr(8)) >= 3);  // the count went on
        CHECK(eventually([] { return Counts::living == 1; }));
        CHECK(Counts::stopped == 1);
        CHECK(Counts::started == 2);
        rig.server.set_plugins({counts("two")});  // nothing has changed
        CHECK(Counts::started == 2);
        rig.server.set_plugins({});
        CHECK(eventually([] { return Counts::living == 0; }));
        CHECK(Counts::stopped == 2);
        rig.server.set_plugins({counts("three")});  // workers that had no plugins
        CHECK(rig.comes("200 three 1"));
    }
    CHECK(Counts::living == 0);
}

TEST_CASE("plugins: an exchange ends with the chain that it began with", "[plugins]") {
    Rig rig({counts("one")});
    rig.start();
    Keeps visitor(rig.at());
    visitor.send("/held");
    REQUIRE(eventually([] {
        const std::lock_guard lock(Counts::held_mutex);
        return !Counts::held.empty();
    }));
    rig.server.set_plugins({counts("two")});
    CHECK(rig.comes("200 two"));
    CHECK(Counts::living == 2);  // the exchange has the old one
    CHECK(Counts::stopped == 0);
    {
        const std::lock_guard lock(Counts::held_mutex);
        std::move(Counts::held.front()).decide(Decision::respond({200, {}, "at last"}));
        Counts::held.clear();
    }
    CHECK(visitor.receive() == "200 at last");
    CHECK(eventually([] { return Counts::living == 1; }));
    CHECK(Counts::stopped == 1);
}

TEST_CASE("plugins: mistakes are all told, and change nothing", "[plugins]") {
    using Catch::Contains;
    Rig rig({counts("one")});
    rig.start();
    CHECK_THROWS_WITH(
        rig.server.set_plugins({counts("two"), {.library = &plugin::library<Counts>, .settings = "{x: 1}"}, {}}),
        Contains("plugins[1]") && Contains("plugins[2]: has no library"));
    CHECK_THROWS_WITH(rig.server.set_plugins({counts("two"), counts("unmade")}),
                      Contains("plugins[1]") && Contains("\"counts-2\" can not be made: no such words"));
    CHECK_THROWS_AS(rig.server.set_plugins(std::vector<PluginUse>(65, counts("x"))), config_error);
    CHECK(eventually([] { return Counts::living == 1; }));
    CHECK(Counts::started == 1);
    CHECK(Keeps(rig.at()).get() == "200 one 1");
}

TEST_CASE("plugins: a change before the start says what the start makes, and one after the end is refused",
          "[plugins]") {
    Rig rig({counts("one")});
    rig.server.set_plugins({counts("two")});
    CHECK(Counts::living == 0);
    CHECK_THROWS_AS(rig.server.set_plugins({{}}), config_error);
    rig.start();
    CHECK(Keeps(rig.at()).get() == "200 two 1");
    CHECK_FALSE(rig.server.stop(patience));
    CHECK(error_of([&] { rig.server.set_plugins({}); }) == errc::not_running);
    CHECK(error_of([] { Server().set_plugins({}); }) == errc::not_running);
    CHECK(Counts::living == 0);
}

TEST_CASE("plugins: whoever is in a plugin's own making is told that waiting would be for ever", "[plugins]") {
    Rig rig({});
    rig.start();
    std::error_code change;
    std::error_code stop;
    Counts::on_make = [&] {
        change = error_of([&] { rig.server.set_plugins({}); });
        stop = rig.server.stop();
    };
    rig.server.set_plugins({counts("one")});
    Counts::on_make = nullptr;
    CHECK(change == errc::would_deadlock);
    CHECK(stop == errc::would_deadlock);
    CHECK(rig.comes("200 one"));
}

TEST_CASE("plugins: changes from several threads, during start and stop, come one after the other",
          "[plugins][threads]") {
    for (int round = 0; round < 10; ++round) {
        Rig rig({counts("one")});
        std::atomic<bool> go{false};
        std::atomic<bool> over{false};
        std::vector<std::thread> threads;
        std::atomic<int> wrong{0};
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&, i] {
                while (!go) {
                    std::this_thread::yield();
                }
                for (int n = 0; !over; ++n) {
                    const std::error_code error = error_of([&] {
                        rig.server.set_plugins({counts(std::to_string(n), "a"), counts("t", "t" + std::to_string(i))});
                    });
                    // Old instances go when all workers have the new chain, and there is a bound on them.
                    (void)eventually([] { return Counts::living < 100; });
                    if (error) {
                        wrong += error == errc::not_running ? 0 : 1;
                        break;
                    }
                }
            });
        }
        go = true;
        rig.server.start();
        CHECK(eventually([] { return Counts::started > 10; }));
        CHECK_FALSE(rig.server.stop());
        over = true;
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK(wrong == 0);
        CHECK(Counts::living == 0);
        CHECK(Counts::started == Counts::stopped);
    }
}

TEST_CASE("plugins: within an application's io_context they are changed on its thread", "[plugins]") {
    const Secret token = Secret::generate();
    asio::io_context io;
    Counts::on_make = nullptr;
    {
        Server::Builder builder = server_builder(token);
        Server server = builder.http_bind("127.0.0.1:0").plugin(counts("one")).run_on(io).build();
        server.start();
        Runner runner(io);
        runner.call([&] { server.set_plugins({counts("two"), counts("three")}); });
        CHECK(eventually([] { return Counts::living == 2; }));
        server.set_plugins({counts("three")});
        CHECK(eventually([] { return Counts::living == 1; }));
        runner.call([&] { CHECK_FALSE(server.stop()); });
    }
    CHECK(Counts::living == 0);
}

TEST_CASE("plugins: a thousand changes under load fail no request and leave nothing", "[plugins][threads]") {
    {
        Rig rig({counts("0", "a")});
        rig.start();
        std::atomic<bool> over{false};
        std::atomic<std::uint64_t> answered{0};
        std::mutex mutex;
        std::vector<std::string> wrong;
        std::vector<std::thread> visitors;
        for (int i = 0; i < 2; ++i) {
            visitors.emplace_back([&] {
                try {
                    while (!over) {
                        Keeps visitor(rig.at());
                        for (int n = 0; n < 500 && !over; ++n) {
                            const std::string answer = visitor.get();
                            if (!answer.starts_with("200 ")) {
                                throw std::runtime_error(answer);
                            }
                            ++answered;
                        }
                    }
                } catch (const std::exception& error) {
                    const std::lock_guard lock(mutex);
                    wrong.emplace_back(error.what());
                }
            });
        }
        const std::uint64_t changes = load(1'000);
        for (std::uint64_t n = 1; n <= changes; ++n) {
            if (n % 10 == 1) {  // visitors are there all the time
                const std::uint64_t more = answered + 5;
                CHECK(eventually([&] { return answered >= more; }));
            }
            rig.server.set_plugins(n % 3 == 0   ? std::vector{counts(std::to_string(n), "a")}
                                   : n % 3 == 1 ? std::vector{counts(std::to_string(n), "a"), counts("b", "b")}
                                                : std::vector{counts("b", "b"), counts(std::to_string(n), "a")});
        }
        over = true;
        for (std::thread& visitor : visitors) {
            visitor.join();
        }
        CHECK(wrong.empty());
        rig.server.set_plugins({});
        CHECK(eventually([] { return Counts::living == 0; }));
        CHECK(Counts::started == Counts::stopped);
        CHECK_FALSE(rig.server.stop(patience));
    }
    CHECK(Counts::living == 0);
}
