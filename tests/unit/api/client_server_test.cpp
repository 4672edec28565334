// Clients and servers in one process, as an application has them: whole lives, and ends at bad moments.

#include "unit/api/end_to_end.hpp"

#include <algorithm>
#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "support/descriptors.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;
using namespace std::chrono_literals;
using asio::ip::tcp;

TEST_CASE("a hundred clients and servers live in one process", "[threads]") {
    raise_descriptors(4'000);  // each pair takes eight and those of its threads
    Echo echo;
    struct Pair {
        Server server;
        Client client;
        Service service;
    };
    std::list<Pair> pairs;
    for (int i = 0; i < 100; ++i) {
        Pair& pair = pairs.emplace_back();
        Secret token = Secret::generate();
        bool tls = i % 10 == 0;
        pair.server = server_builder(token).workers(1).tls(tls).build();
        pair.server.start();
        pair.client = client_builder(token, pair.server.client_endpoint()).workers(1).tls(tls).build();
        pair.service = pair.client.add(to(echo.address()));
        pair.client.start();
    }
    for (Pair& pair : pairs) {
        REQUIRE_FALSE(pair.client.wait_ready(patience));
        CHECK(Visitor(pair.service.port()).echoes("hello"));
    }
    for (Pair& pair : pairs) {  // a visitor that is still leaving would be cut
        REQUIRE(eventually([&] { return pair.server.stats().traffic.streams == 0; }));
        REQUIRE(eventually([&] { return pair.client.stats().traffic.streams == 0; }));
    }
    // Half of them by their servers, half by their clients.
    int i = 0;
    for (Pair& pair : pairs) {
        if (++i % 2 == 0) {
            CHECK_FALSE(pair.client.stop());
        } else {
            CHECK_FALSE(pair.server.stop());
        }
    }
}

TEST_CASE("a client comes back when its server does, with the port that it had", "[threads]") {
    Echo echo;
    Secret token = Secret::generate();
    const std::string control = lasting_address();
    const std::string lasting_ports = port_block().range();  // nobody else gets one of these meanwhile
    std::optional<Server> server = server_builder(token, control).allow_ports(lasting_ports).build();
    server->start();
    Client client = client_builder(token, control).build();
    Service service = client.add(to(echo.address()));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    const std::uint16_t port = service.port();
    Visitor cut(port);
    REQUIRE(cut.echoes("before"));

    server.reset();
    CHECK(cut.wait_for_end());
    REQUIRE(eventually([&] { return !client.connected(); }));
    server = server_builder(token, control).allow_ports(lasting_ports).build();
    server->start();
    REQUIRE_FALSE(client.wait_ready(patience));
    CHECK(service.port() == port);
    CHECK(Visitor(port).echoes("after"));
}

TEST_CASE("an event names the client, its token and the kind of its service", "[threads]") {
    std::mutex mutex;
    std::vector<Event> heard;
    const auto first = [&](Event::Kind kind) {
        const std::lock_guard lock(mutex);
        const auto found = std::find_if(heard.begin(), heard.end(), [&](const Event& one) { return one.kind == kind; });
        return found != heard.end() ? std::optional(*found) : std::nullopt;
    };
    const Secret token = Secret::generate();
    Server::Builder builder;
    builder.bind("127.0.0.1:0").tcp_bind("127.0.0.1").add_token(token.copy(), "laptops");
    Server server = builder
                        .on_event([&](const Event& event) {
                            const std::lock_guard lock(mutex);
                            heard.push_back(event);
                        })
                        .build();
    server.start();
    std::atomic<bool> is_told{false};
    Client client = client_builder(token, server.client_endpoint())
                        .on_event([&](const Event& event) {
                            is_told = is_told || (event.kind == Event::Kind::registered && event.service_kind == "udp");
                        })
                        .build();
    client.add(Udp(0, "127.0.0.1:9", "dns"));
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    REQUIRE(eventually([&] { return first(Event::Kind::registered).has_value(); }));
    const std::uint64_t id = server.tunnels().at(0).id;
    const Event registered = *first(Event::Kind::registered);
    CHECK(registered.client_id == id);
    CHECK(registered.token_name == "laptops");
    CHECK(registered.service_kind == "udp");
    CHECK(url_of(registered.endpoint).starts_with("udp://127.0.0.1:"));
    CHECK(eventually([&] { return is_told.load(); }));
    const Event connected = first(Event::Kind::connected).value();
    CHECK(connected.client_id == id);
    CHECK(connected.token_name == "laptops");
    CHECK(connected.service_kind.empty());
    CHECK(server.kick(id) == 1);
    REQUIRE(eventually([&] { return first(Event::Kind::kicked).has_value(); }));
    CHECK(first(Event::Kind::kicked)->client_id == id);

    Client other = client_builder(Secret::generate(), server.client_endpoint()).attempts(1).build();
    other.start();
    REQUIRE(eventually([&] { return first(Event::Kind::refused).has_value(); }));
    CHECK(first(Event::Kind::refused)->client_id == 0);
    CHECK(first(Event::Kind::refused)->token_name.empty());
}

TEST_CASE("starting reports its error by a code or an exception, on both sides", "[threads]") {
    const Secret token = Secret::generate();
    const std::string nowhere = "/dev/null/control.sock";
    std::error_code error;
    Server server = server_builder(token).control(nowhere).build();
    server.start(error);
    CHECK(error);
    CHECK_THROWS_AS(server.start(), std::system_error);
    Client client = client_builder(token, "127.0.0.1:1").control(nowhere).build();
    error.clear();
    client.start(error);
    CHECK(error);
    CHECK_THROWS_AS(client.start(), std::system_error);
    Client usual = client_builder(token, "127.0.0.1:1").control(words::off).proxy(words::off).build();
    usual.start(error);
    CHECK_FALSE(error);
    usual.start(error);
    CHECK(error == errc::already_running);
    Client empty;
    CHECK_THROWS_AS(empty.start(error), std::system_error);
}

TEST_CASE("a drain waits for visitors, and an end cuts them", "[threads]") {
    // The last value is longer than clocks can count.
    const auto drain = GENERATE(std::chrono::milliseconds(patience), std::chrono::milliseconds::max());
    Echo echo;
    Tunnel tunnel(echo.address());
    auto visitor = std::make_unique<Visitor>(tunnel.service.port());
    REQUIRE(visitor->echoes("one"));
    auto stopping = std::async(std::launch::async, [&] { return tunnel.client.stop(drain); });
    REQUIRE(eventually([&] { return tunnel.server.stats().services == 0; }));
    CHECK(visitor->echoes("two"));
    CHECK(stopping.wait_for(0s) == std::future_status::timeout);
    visitor.reset();
    CHECK_FALSE(stopping.get());
}

TEST_CASE("a stop from another thread shortens the one that continues, and both return when all is over", "[threads]") {
    Echo echo;
    std::atomic<int> told{0};
    Tunnel tunnel(echo.address(), [&](Server::Builder& builder) {
        builder.http_bind("127.0.0.1:0").on_event([&](const Event& event) {
            told += event.kind == Event::Kind::stopped ? 1 : 0;
        });
    });
    Visitor visitor(tunnel.service.port());
    REQUIRE(visitor.echoes("one"));
    SECTION("of the client") {
        auto stopping = std::async(std::launch::async, [&] { return tunnel.client.stop(patience); });
        REQUIRE(eventually([&] { return tunnel.server.stats().services == 0; }));
        CHECK(tunnel.client.stop() == errc::timed_out);
        CHECK(stopping.get() == errc::timed_out);
    }
    SECTION("of the server") {
        auto stopping = std::async(std::launch::async, [&] { return tunnel.server.stop(patience); });
        REQUIRE(eventually([&] { return is_stopping(tunnel.server); }));
        CHECK(tunnel.server.stop() == errc::timed_out);
        CHECK(told == 1);
        CHECK(stopping.get() == errc::timed_out);
        CHECK_FALSE(tunnel.server.stop());
    }
}

TEST_CASE("who hears that all has stopped may stop it again", "[threads]") {
    Server server;
    std::optional<std::error_code> again;
    server = server_builder(Secret::generate())
                 .on_event([&](const Event& event) {
                     if (event.kind == Event::Kind::stopped) {
                         again = server.stop();
                     }
                 })
                 .build();
    server.start();
    CHECK_FALSE(server.stop(patience));
    REQUIRE(again);
    CHECK_FALSE(*again);
}

TEST_CASE("several threads stop the same server at the same time", "[threads]") {
    for (int round = 0; round < 20; ++round) {
        Server server = server_builder(Secret::generate()).http_bind("127.0.0.1:0").build();
        server.start();
        std::vector<std::future<std::error_code>> ends;
        for (int i = 0; i < 3; ++i) {
            ends.push_back(std::async(std::launch::async, [&] { return server.stop(patience); }));
        }
        for (std::future<std::error_code>& end : ends) {
            CHECK_FALSE(end.get());
        }
    }
}

TEST_CASE("two machines with the same services: the one that came first keeps them", "[threads]") {
    Echo echo;
    Secret token = Secret::generate();
    Server server = server_builder(token).build();
    server.start();
    Client first = client_builder(token, server.client_endpoint()).build();
    std::vector<Service> held;
    for (int i = 0; i < 12; ++i) {
        Tcp service = to(echo.address());
        service.name = "service-" + std::to_string(i);
        held.push_back(first.add(service));
    }
    first.start();
    REQUIRE_FALSE(first.wait_ready(patience));
    std::vector<Service> wanted;
    Client second = client_builder(token, server.client_endpoint()).build();
    for (const Service& service : held) {
        Tcp same = to(echo.address(), service.port());
        same.name = service.name();
        wanted.push_back(second.add(same));
    }
    second.start();
    CHECK(second.wait_ready(patience) == errc::port_taken);
    for (const Service& service : wanted) {
        CHECK(service.state() == Service::State::refused);
    }
    CHECK(first.stats().losses == 0);
    CHECK(second.stats().losses == 0);
    CHECK(Visitor(held[0].port()).echoes("still here"));
}

TEST_CASE("a server stops at once although connections hang in the handshake", "[threads]") {
    Timing timing;
    timing.handshake_timeout = 120s;
    Server server = server_builder(Secret::generate()).timing(timing).build();
    server.start();
    auto colon = server.client_endpoint().rfind(':');
    auto port = static_cast<std::uint16_t>(std::stoi(server.client_endpoint().substr(colon + 1)));
    std::list<Visitor> strangers;
    for (int i = 0; i < 10; ++i) {
        strangers.emplace_back(port);
    }
    CHECK_FALSE(server.stop(30s));  // not timed_out: nobody was logged in
    for (Visitor& stranger : strangers) {
        CHECK(stranger.wait_for_end());
    }
}

TEST_CASE("clients are destroyed at any moment of connecting", "[threads]") {
    Mute mute;
    Secret token = Secret::generate();
    Server server = server_builder(token).build();
    server.start();
    for (const std::string& address :
         {mute.address(), std::string("192.0.2.1:9"), std::string("127.0.0.1:1"), server.client_endpoint()}) {
        for (auto wait : {0us, 300us, 2'000us, 5'000us}) {
            Client client = client_builder(token, address).build();
            auto service = client.add(to("127.0.0.1:9"));
            client.start();
            std::this_thread::sleep_for(wait);
        }
    }
    Client never_started = client_builder(token, server.client_endpoint()).build();
    CHECK(never_started.stats().connects == 0);
    CHECK_FALSE(never_started.stop());
}

TEST_CASE("an application inside its own io_context asks and stops from its handlers", "[threads]") {
    Echo echo;
    Secret token = Secret::generate();
    asio::io_context io(1);
    std::optional<Runner> runner(std::in_place, io);
    std::optional<Server> server;
    std::optional<Client> client;
    Service service;
    runner->call([&] {
        server = server_builder(token).run_on(io).build();
        server->start();
        client = client_builder(token, server->client_endpoint()).run_on(io).build();
        service = client->add(to(echo.address()));
        client->start();
        CHECK(client->wait_ready(1s) == errc::would_deadlock);
        CHECK(server->stop(1s) == errc::would_deadlock);
    });
    REQUIRE_FALSE(client->wait_ready(patience));
    Visitor visitor(service.port());
    REQUIRE(visitor.echoes("hello"));
    runner->call([&] {
        CHECK(server->stats().clients == 1);
        CHECK(server->stats().traffic.streams == 1);
        CHECK(client->stats().traffic.streams == 1);
    });

    SECTION("the client first, from a handler") {
        runner->call([&] { CHECK(client->stop() == errc::timed_out); });
        CHECK(visitor.wait_for_end());
        runner->call([&] {
            client.reset();
            server.reset();
        });
    }
    SECTION("the server first, from a handler") {
        runner->call([&] { CHECK(server->stop() == errc::timed_out); });
        CHECK(visitor.wait_for_end());
        runner->call([&] {
            server.reset();
            client.reset();
        });
    }
    SECTION("from another thread") {
        CHECK(client->stop() == errc::timed_out);
        CHECK(visitor.wait_for_end());
        runner->call([] {});          // the server's round is over, which has ended the visitor
        CHECK_FALSE(server->stop());  // its visitor has gone with the client
        runner->call([&] {
            server.reset();
            client.reset();
        });
    }
    SECTION("when nobody runs it any more") {
        runner.reset();
        server.reset();
        client.reset();
        CHECK(visitor.wait_for_end());
    }
}

TEST_CASE("event handlers stop what they hear of", "[threads]") {
    Echo echo;
    Secret token = Secret::generate();
    asio::io_context io(1);
    std::optional<Runner> runner(std::in_place, io);
    std::optional<Server> server;
    std::optional<Client> client;
    Event::Kind client_stops_at = Event::Kind::registered;
    Event::Kind server_stops_at = Event::Kind::lost;
    SECTION("at the end") {}
    SECTION("early") {
        client_stops_at = Event::Kind::connected;
        server_stops_at = Event::Kind::connected;
    }
    std::atomic<int> failed_stops{0};  // Catch2's assertions are for one thread
    std::promise<void> client_stopped;
    std::promise<void> server_stopped;
    runner->call([&] {
        server = server_builder(token)
                     .run_on(io)
                     .on_event([&](const Event& event) {
                         if (event.kind == server_stops_at) {
                             failed_stops += server->stop() ? 1 : 0;
                         }
                         if (event.kind == Event::Kind::stopped) {
                             server_stopped.set_value();
                         }
                         throw std::runtime_error("for the test");
                     })
                     .build();
        server->start();
        client = client_builder(token, server->client_endpoint())
                     .run_on(io)
                     .on_event([&](const Event& event) {
                         if (event.kind == client_stops_at || event.kind == Event::Kind::lost) {
                             failed_stops += client->stop() ? 1 : 0;
                         }
                         if (event.kind == Event::Kind::stopped) {
                             client_stopped.set_value();
                         }
                         throw 1;
                     })
                     .build();
        (void)client->add(to(echo.address()));
        client->start();
    });
    CHECK(client_stopped.get_future().wait_for(patience) == std::future_status::ready);
    CHECK(server_stopped.get_future().wait_for(patience) == std::future_status::ready);
    CHECK(failed_stops.load() == 0);
    runner->call([&] {
        client.reset();
        server.reset();
    });
}

TEST_CASE("handles are closed while their client goes", "[threads]") {
    Secret token = Secret::generate();
    for (int i = 0; i < 50; ++i) {
        auto client = std::make_unique<Client>(client_builder(token, "127.0.0.1:1").build());
        Service service = client->add(to("127.0.0.1:9"));
        client->start();
        std::thread closer([&] { service.close(); });
        client.reset();
        closer.join();
        CHECK(service.state() == Service::State::closed);
    }
}

TEST_CASE("a thousand streams on other threads see the end", "[threads]") {
    constexpr int count = 1'000;
    Secret token = Secret::generate();
    asio::io_context io;
    std::optional<Runner> runner(std::in_place, io);
    Runner second(io);
    Server server = server_builder(token).workers(2).build();
    server.start();
    Client client = client_builder(token, server.client_endpoint()).workers(2).build();
    client.start();
    auto listener = std::make_shared<Listener>(client.async_listen(Tcp(0, {}, "app"), asio::use_future).get());

    std::atomic<int> accepted{0};
    std::atomic<int> outstanding{0};
    std::atomic<int> ended{0};
    struct End : std::enable_shared_from_this<End> {
        explicit End(Stream stream_in) : stream(std::move(stream_in)) {}
        void read(std::atomic<int>& done) {
            stream.async_read_some(asio::buffer(bytes),
                                   [self = shared_from_this(), &done](std::error_code error, std::size_t) {
                                       error ? void(++done) : self->read(done);
                                   });
        }
        void write(std::atomic<int>& done) {
            stream.async_write_some(asio::buffer(block),
                                    [self = shared_from_this(), &done](std::error_code error, std::size_t) {
                                        error ? void(++done) : self->write(done);
                                    });
        }
        Stream stream;
        std::array<char, 512> bytes;
        std::array<char, 512> block{};
    };
    std::function<void()> accept = [&] {
        listener->async_accept(asio::bind_executor(io, [&](std::error_code error, Stream stream) {
            if (error) {
                return;
            }
            auto end = std::make_shared<End>(std::move(stream));
            outstanding += 1;
            end->read(ended);
            if (++accepted % 10 == 0) {  // the others are idle
                outstanding += 1;
                end->write(ended);
            }
            accept();
        }));
    };
    accept();
    std::atomic<int> opened{0};
    std::atomic<int> failed{0};
    std::function<void()> open = [&] {
        server.async_open("app", asio::bind_executor(io, [&](std::error_code error, Stream stream) {
                              if (error) {
                                  ++failed;
                                  return;
                              }
                              auto end = std::make_shared<End>(std::move(stream));
                              end->read(ended);
                              outstanding += 1;
                              if (++opened < count) {
                                  open();
                              }
                          }));
    };
    for (int i = 0; i < 50; ++i) {
        open();
    }
    REQUIRE(eventually([&] { return opened.load() >= count || failed.load() > 0; }));
    CHECK(failed.load() == 0);
    SECTION("the client goes") {
        CHECK(client.stop() == errc::timed_out);
    }
    SECTION("the server goes") {
        CHECK(server.stop() == errc::timed_out);
    }
    // Every read and every write of both ends has completed with an error.
    CHECK(eventually([&] { return ended.load() == outstanding.load(); }));
    listener->close();
}
