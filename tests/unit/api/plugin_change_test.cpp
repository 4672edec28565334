// A chain of plugins that changes while its server runs: nobody is failed, nothing is left over, mistakes change
// nothing.
#include <asio/io_context.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
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

/// Gives each piece twice, so that a body of one letter is twice as long.
class Doubles final : public plugin::BodyFilter {
public:
    void chunk(plugin::Text in, bool, plugin::Sink& out) override {
        out.write(in);
        out.write(in);
    }
};

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
        if (is_filter()) {
            return Decision::go_on();
        }
        if (exchange.path() == "/held") {
            return exchange.later([](plugin::Later later) {
                const std::lock_guard lock(held_mutex);
                held.push_back(std::move(later));
            });
        }
        if (exchange.path() == "/body") {  // reads the request's, and answers with it
            return exchange.collect(0, [](Exchange&, plugin::Text body) {
                return Decision::respond({200, {}, std::string(body)});
            });
        }
        return Decision::respond({200, {}, words_ + " " + std::to_string(++*count_)});
    }
    Decision on_response(Exchange& exchange) override {
        if (is_filter() && exchange.path() == "/body") {  // of an answer that an instance behind it has made
            exchange.transform(plugin::Side::response, std::make_unique<Doubles>());
        }
        return Decision::go_on();
    }

    static inline std::mutex held_mutex;
    static inline std::vector<plugin::Later> held;

private:
    bool is_filter() const { return words_.starts_with("filter"); }

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
        if (all.find("Transfer-Encoding: chunked") != std::string::npos) {
            return all.substr(9, 3) + " " + receive_chunks();
        }
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
    std::string post(const std::string& path, const std::string& body) {
        asio::write(socket_, asio::buffer("POST " + path + " HTTP/1.1\r\nHost: app.test\r\nContent-Length: " +
                                          std::to_string(body.size()) + "\r\n\r\n" + body));
        return receive();
    }

private:
    std::string receive_chunks() {
        std::string body;
        for (std::size_t size = 1; size > 0;) {
            const std::size_t line = asio::read_until(socket_, asio::dynamic_buffer(bytes_), "\r\n");
            size = std::stoul(bytes_.substr(0, line), nullptr, 16);
            bytes_.erase(0, line);
            while (bytes_.size() < size + 2) {
                asio::read(socket_, asio::dynamic_buffer(bytes_), asio::transfer_at_least(1));
            }
            body += bytes_.substr(0, size);
            bytes_.erase(0, size + 2);
        }
        return body;
    }

    asio::io_context io_;
    asio::ip::tcp::socket socket_;
    std::string bytes_;
};

struct PluginChangeFixture {
    explicit PluginChangeFixture(std::vector<PluginUse> uses, std::size_t workers = 2) {
        Counts::started = Counts::stopped = 0;
        Counts::on_make = nullptr;
        Server::Builder builder = server_builder(token);
        builder.http_bind("127.0.0.1:0").workers(workers);
        for (PluginUse& use : uses) {
            builder.add_plugin(std::move(use));
        }
        server = builder.build();
    }
    void start() {
        server.start();
        client = client_builder(token, server.client_endpoint()).build();
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

/// What the process has.
struct Held {
    std::ptrdiff_t descriptors = 0;
    std::uint64_t kib = 0;  // of memory, resident

    static Held now() {
        Held held;
        held.descriptors = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmRSS:")) {
                held.kib = std::stoull(line.substr(6));
            }
        }
        return held;
    }
};

/// Visitors who ask all the time: two for what is answered at once, one whose bodies are read and made again, and one
/// whose decisions come later.
class Load {
public:
    explicit Load(const std::string& at) {
        for (int i = 0; i < 2; ++i) {
            visit(at, [this](Keeps& visitor) { check(visitor.get().starts_with("200 "), "a request"); });
        }
        visit(at, [this](Keeps& visitor) {
            const std::string body(20'000, 'a');  // several pieces
            check(visitor.post("/body", body) == "200 " + body + body, "a body");
            ++bodies;
        });
        visit(at, [this](Keeps& visitor) {
            check(visitor.get("/held") == "200 at last", "a wait");
            ++waits;
        });
    }
    void join() {
        for (std::thread& each : threads_) {
            each.join();
        }
    }

    std::atomic<bool> over{false};
    std::atomic<bool> ended{false};
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> bodies{0};
    std::atomic<std::uint64_t> waits{0};
    std::vector<std::string> wrong;

private:
    template <typename Ask>
    void visit(const std::string& at, Ask ask) {
        threads_.emplace_back([this, at, ask] {
            try {
                while (!over) {
                    Keeps visitor(at);
                    for (int n = 0; n < 500 && !over; ++n) {
                        ask(visitor);
                        ++answered;
                    }
                }
            } catch (const std::exception& error) {
                const std::lock_guard lock(mutex_);
                wrong.emplace_back(error.what());
            }
        });
    }
    static void check(bool holds, const char* what) {
        if (!holds) {
            throw std::runtime_error(what);
        }
    }

    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

/// Decides what waits, until the visitors have gone.
void decide_held(const Load& visitors) {
    while (!visitors.ended) {
        std::vector<plugin::Later> some;
        {
            const std::lock_guard lock(Counts::held_mutex);
            some.swap(Counts::held);
        }
        for (plugin::Later& each : some) {
            std::move(each).decide(Decision::respond({200, {}, "at last"}));
        }
        std::this_thread::yield();
    }
}

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
        PluginChangeFixture rig({counts("one")});
        rig.start();
        Keeps visitor(rig.at());
        CHECK(visitor.get() == "200 one 1");
        rig.server.set_plugins({counts("two")});
        CHECK(eventually([&] { return visitor.get().starts_with("200 two "); }));
        const std::string last = visitor.get();
        CHECK(std::stoi(last.substr(8)) >= 3);  // the count continued
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
    PluginChangeFixture rig({counts("one")});
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
    PluginChangeFixture rig({counts("one")});
    rig.start();
    CHECK_THROWS_WITH(
        rig.server.set_plugins({counts("two"), {.library = &plugin::library<Counts>, .settings = "{x: 1}"}, {}}),
        Contains("plugins[1]") && Contains("plugins[2]: has no library"));
    CHECK_THROWS_WITH(rig.server.set_plugins({counts("two"), counts("unmade")}),
                      Contains("plugins[1]") && Contains("\"counts-2\" cannot be created: no such words"));
    CHECK_THROWS_AS(rig.server.set_plugins(std::vector<PluginUse>(65, counts("x"))), config_error);
    CHECK(eventually([] { return Counts::living == 1; }));
    CHECK(Counts::started == 1);
    CHECK(Keeps(rig.at()).get() == "200 one 1");
}

TEST_CASE("plugins: a change before the start says what the start makes, and one after the end is refused",
          "[plugins]") {
    PluginChangeFixture rig({counts("one")});
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
    PluginChangeFixture rig({});
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
        PluginChangeFixture rig({counts("one")});
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
        Server server = builder.http_bind("127.0.0.1:0").add_plugin(counts("one")).run_on(io).build();
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
        PluginChangeFixture rig({counts("filter 0", "f"), counts("0", "a")});
        rig.start();
        Load visitors(rig.at());
        std::thread decides([&] { decide_held(visitors); });
        // A sanitizer's build makes fewer, and none of them is left out where a mistake would show.
        const std::uint64_t changes = std::max<std::uint64_t>(load(1'000), 150);
        Held before;
        for (std::uint64_t n = 1; n <= changes; ++n) {
            if (n % 10 == 1) {  // visitors are there all the time
                const std::uint64_t more = visitors.answered + 5;
                CHECK(eventually([&] { return visitors.answered >= more; }));
            }
            // A worker or the thread that ends instances may stand still, and there is a bound on the old ones.
            CHECK(eventually([] { return Counts::living < 500; }));
            const PluginUse filter = counts("filter " + std::to_string(n), "f");
            const PluginUse changes_too = counts(std::to_string(n), "a");
            const PluginUse stays = counts("b", "b");
            rig.server.set_plugins(n % 3 == 0   ? std::vector{filter, changes_too}
                                   : n % 3 == 1 ? std::vector{filter, changes_too, stays}
                                                : std::vector{filter, stays, changes_too});
            if (n == changes / 5) {  // pools and caches are as large as they get
                before = Held::now();
            }
        }
        const Held after = Held::now();
        visitors.over = true;
        visitors.join();
        visitors.ended = true;
        decides.join();
        CHECK(visitors.wrong.empty());
        CHECK(visitors.bodies > 0);
        CHECK(visitors.waits > 0);
        INFO("descriptors " << before.descriptors << " and " << after.descriptors << ", KiB " << before.kib << " and "
                            << after.kib);
        // Visitors come and go, each with two descriptors here (its own, and the server's end), and one with an
        // io_context's two.
        CHECK(after.descriptors <= before.descriptors + 40);
        if (!slow_build) {  // a sanitizer keeps what was freed
            CHECK(after.kib <= before.kib + 16 * 1'024);
        }
        rig.server.set_plugins({});
        CHECK(eventually([] { return Counts::living == 0; }));
        CHECK(Counts::started == Counts::stopped);
        CHECK_FALSE(rig.server.stop(patience));
    }
    CHECK(Counts::living == 0);
}
