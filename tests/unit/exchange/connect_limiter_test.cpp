#include "exchange/connect_limiter.hpp"

#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

namespace {

constexpr std::uint32_t opens_max = 2;

/// Notes that its turn has come.
class Visitor final : public ConnectWaiter {
public:
    Visitor(std::string name, std::string& book) : name_(std::move(name)), book_(book) {}
    void on_connect_turn() noexcept override { book_ += name_; }

private:
    std::string name_;
    std::string& book_;
};

/// Streams that the client was asked for and has not answered yet.
class Held {
public:
    explicit Held(EdgeRig& rig) : rig_(rig) {
        on(rig.pair.worker, [this] {
            dial_ = std::move(rig_.pair.client.on_stream);
            rig_.pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                streams_.push_back({std::move(stream), open});
            };
        });
    }
    ~Held() {
        on(rig_.pair.worker, [this] {
            rig_.pair.client.on_stream = nullptr;
            streams_.clear();
        });
    }
    std::size_t count() {
        return on(rig_.pair.worker, [this] { return streams_.size(); });
    }
    /// Lets the oldest of them reach the backend.
    void let_through() {
        on(rig_.pair.worker, [this] {
            auto& [stream, open] = streams_.at(next_++);
            dial_(std::move(stream), open);
        });
    }

private:
    EdgeRig& rig_;
    std::function<void(IntrusivePtr<mux::Stream>, const wire::Open&)> dial_;
    std::vector<std::pair<IntrusivePtr<mux::Stream>, wire::Open>> streams_;
    std::size_t next_ = 0;
};

/// Settings with which a visitor that waits in line waits until the test lets it continue.
EdgeSettings patient_settings() {
    EdgeSettings settings = quick_settings();
    settings.backend_connect_timeout = 600s;
    return settings;
}

std::size_t waiting(EdgeRig& rig) {
    return on(rig.edge_worker(), [&] { return rig.edge->at(0).connect_limiter.waiting(); });
}

/// Waits until so many streams have been asked for, or are in line: then the order of sending is the order in line.
bool arrived(EdgeRig& rig, int visitors) {
    return eventually([&] { return rig.carrier->opens + static_cast<int>(waiting(rig)) == visitors; });
}

}  // namespace

TEST_CASE("a gate lets through so many, and the others in their order") {
    RunningWorker running;
    std::string book;
    {
        ConnectLimiter connect_limiter(running.worker, opens_max);
        Visitor a("a", book);
        Visitor b("b", book);
        Visitor c("c", book);
        const auto book_says = [&](std::string_view expected) {
            return eventually([&] { return on(running.worker, [&] { return book == expected; }); });
        };
        const auto ask = [&](auto question) { return on(running.worker, question); };
        CHECK(ask([&] { return connect_limiter.may_open(1); }));
        ask([&] {
            connect_limiter.opening(1);
            connect_limiter.opening(1);
        });
        CHECK_FALSE(ask([&] { return connect_limiter.may_open(1); }));
        CHECK(ask([&] { return connect_limiter.may_open(2); }));
        ask([&] {
            connect_limiter.wait(1, a);
            connect_limiter.wait(1, b);
            connect_limiter.wait(1, c);
        });
        CHECK(ask([&] { return connect_limiter.has_queue(1) && !connect_limiter.has_queue(2); }));
        SECTION("one for each stream that came back") {
            ask([&] { connect_limiter.stream_returned(2); });
            ask([&] { connect_limiter.stream_returned(1); });
            CHECK(book_says("a"));
            ask([&] {
                connect_limiter.stream_returned(1);
                connect_limiter.stream_returned(1);
            });
            CHECK(book_says("abc"));
        }
        SECTION("all who find room behind an answer; who opens takes that room") {
            ask([&] { connect_limiter.answered(1, true); });
            CHECK(book_says("abc"));
        }
        SECTION("who leaves is not called") {
            ask([&] { b.stop_waiting_to_connect(); });
            CHECK_FALSE(b.is_waiting_to_connect());
            ask([&] { connect_limiter.answered(1, true); });
            CHECK(book_says("ac"));
        }
        ask([&] {
            a.stop_waiting_to_connect();
            b.stop_waiting_to_connect();
            c.stop_waiting_to_connect();
        });
        CHECK(ask([&] { return connect_limiter.waiting(); }) == 0);
    }
}

TEST_CASE("visitors beyond what may be asked for at once wait for an answer, or for a stream that is given back") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(patient_settings(), foreign);
    Held held(rig);
    constexpr int most = 64;  // the limit with one worker
    std::vector<Peer> visitors;
    for (int i = 0; i < most + 6; ++i) {
        visitors.push_back(rig.visit(get("/" + std::to_string(i))));
        REQUIRE(arrived(rig, i + 1));
    }
    REQUIRE(eventually([&] { return waiting(rig) == 6; }));
    CHECK(rig.carrier->opens == most);
    REQUIRE(eventually([&] { return held.count() == most; }));

    held.let_through();
    Peer backend = rig.backend.accept();
    const std::string first = backend.read_message().start;
    REQUIRE(eventually([&] { return rig.carrier->opens == most + 1; }));  // one has been answered
    CHECK(waiting(rig) == 5);
    backend.send(answer("1"));
    CHECK(backend.read_message().start != first);  // the same connection, for the next in line
    CHECK(waiting(rig) == 4);
    CHECK(rig.carrier->opens == most + 1);

    SECTION("who goes away leaves the line") {
        visitors.back().reset();
        CHECK(eventually([&] { return waiting(rig) == 3; }));
    }
    SECTION("nobody is left behind when the edge ends") {}
}

TEST_CASE("a visitor whose body waits in line holds no more of it than a few kilobytes") {
    EdgeRig rig(patient_settings());
    Held held(rig);
    constexpr int most = 64;
    const std::string body(60'000, 'x');
    const std::string post = "POST /up HTTP/1.1\r\nHost: app.test\r\nContent-Length: 60000\r\n\r\n" + body;
    std::vector<Peer> visitors;
    for (int i = 0; i < most + 20; ++i) {
        visitors.push_back(rig.visit(i < most ? get("/" + std::to_string(i)) : post));
        REQUIRE(arrived(rig, i + 1));
    }
    REQUIRE(eventually([&] { return waiting(rig) == 20; }));
    CHECK(on(rig.edge_worker(), [&] { return rig.edge_worker().slabs().in_use(); }) <= 1);  // that one is the trunk's
    CHECK(rig.counters().bytes_in <= most * get("/00").size() + 20 * 8'192);
    held.let_through();
    Peer backend = rig.backend.accept_request();
    backend.send(answer("1"));
    CHECK(backend.read_message().body == body);
}

// The trunk's worker is the edge's own, so the refusal comes before the call that asks for a stream has returned.
TEST_CASE("who is refused at once when its turn comes gets its page, and those behind it come through") {
    EdgeRig rig(patient_settings());
    Held held(rig);
    constexpr int most = 64;
    std::vector<Peer> visitors;
    for (int i = 0; i < most + 2; ++i) {
        visitors.push_back(rig.visit(get("/" + std::to_string(i), "Connection: close\r\n")));
        REQUIRE(arrived(rig, i + 1));
    }
    REQUIRE(eventually([&] { return held.count() == most; }));
    rig.carrier->refuse_next = 1;

    held.let_through();
    CHECK(visitors.at(most).read_to_end().starts_with("HTTP/1.1 503 "));
    CHECK(eventually([&] { return waiting(rig) == 0 && rig.carrier->opens == most + 2; }));
}
