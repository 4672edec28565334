// Visitors of named services, which go to one member after the other.
#include "peers/remote_opening.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/peers/peers_rig.hpp"
#include "unit/peers/serving_host.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;
using runtime::test::on;
using session::RemoteStream;
using wire::Code;

namespace {

net::Address naming_visitor() {
    return runtime::visitor_address(*runtime::SocketAddress::from_ip("192.0.2.7", 4711));
}

session::RemoteService database() {
    return {login::TokenId{1}, login::TokenId{2}, "database"};
}

/// The word that the member's host sends, or the name of the code.
std::string answer_of(RemoteOpening::Members members, const session::RemoteService& service = database()) {
    auto answer = std::make_shared<std::promise<std::string>>();
    std::future<std::string> word = answer->get_future();
    auto opened = [answer](Result<RemoteStream, Code> result) {
        if (!result) {
            answer->set_value(std::string(wire::name_of(result.error())));
            return;
        }
        // On the stream's worker, where the word may have arrived already.
        CHECK(result->worker.here());
        CHECK(result->stream->accepted());
        class Reader final : public buffer::Waker {
        public:
            Reader(IntrusivePtr<mux::Stream> stream, std::shared_ptr<std::promise<std::string>> to)
                : stream_(std::move(stream)), to_(std::move(to)) {}
            void wake() noexcept override {
                while (stream_) {
                    mux::StreamItem* const item = stream_->front();
                    if (item != nullptr && item->kind == mux::StreamItem::Kind::data) {
                        word_ += as_text(item->slice.bytes());
                        stream_->drop_front();
                    } else if (item != nullptr) {
                        stream_->finish();
                        stream_ = nullptr;
                        to_->set_value(word_);
                    } else if (stream_->try_park_receive()) {
                        return;
                    }
                }
            }

        private:
            IntrusivePtr<mux::Stream> stream_;
            const std::shared_ptr<std::promise<std::string>> to_;
            std::string word_;
        };
        const auto reader = make_intrusive<Reader>(result->stream, answer);
        result->stream->attach(reader, false);
        reader->wake();
    };
    make_intrusive<RemoteOpening>(std::move(members), service, naming_visitor(), std::move(opened))->begin();
    REQUIRE(word.wait_for(runtime::test::patience) == std::future_status::ready);
    return word.get();
}

LinkSettings impatient() {
    LinkSettings times = quick_retries();
    times.opened = std::chrono::milliseconds(200);
    return times;
}

/// b has no client for anything; c may have one.
struct ThreeMembers {
    ThreeMembers() {
        b.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            ++asked_b;
            if (code_of_b == Code::none) {
                unanswered.push_back(std::move(stream));
            } else {
                stream->abort(code_of_b);
            }
        };
        c.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
            host.serve(std::move(stream), open);
        };
    }
    void start() {
        b.start(std::move(place_b.listener));
        c.start(std::move(place_c.listener));
        a.start(runtime::test::listen_on_loopback());
        REQUIRE(eventually([&] { return a.is_linked(2, 0) && a.is_linked(2, 1); }));
    }
    std::shared_ptr<PeerCarrier> to_b() const { return a.links.carriers().at(0); }
    std::shared_ptr<PeerCarrier> to_c() const { return a.links.carriers().at(1); }

    Place place_b;
    Place place_c;
    Host host{"from c"};
    std::atomic<Code> code_of_b{Code::unknown_service};
    std::atomic<int> asked_b{0};
    std::vector<IntrusivePtr<mux::Stream>> unanswered;  // of b's one worker
    Member b{"b", {{"a", "127.0.0.1", 1}}, 1, 1};
    Member c{"c", {{"a", "127.0.0.1", 1}}};
    Member a{"a", {{"b", "127.0.0.1", place_b.port}, {"c", "127.0.0.1", place_c.port}}, 1, 2, impatient()};
};

}  // namespace

TEST_CASE("a visitor that names a private service goes to the member that has a client for it", "[threads]") {
    ThreeMembers rig;
    rig.start();
    CHECK(answer_of({rig.to_b(), rig.to_c()}) == "from c");
    CHECK(rig.asked_b == 1);
    CHECK(rig.to_b()->forwarded() == 0);
    CHECK(rig.to_c()->forwarded() == 1);
    const Arrived arrived = rig.host.arrived().front();
    CHECK(arrived.kind == wire::ServiceKind::private_tcp);
    CHECK(arrived.visitor == naming_visitor());
    REQUIRE(arrived.header);
    CHECK(arrived.header->service == "database");
    CHECK(arrived.header->of_token == login::TokenId{1});
    CHECK(arrived.header->by_token == login::TokenId{2});
}

TEST_CASE("a visitor that names a port is a visitor of that port", "[threads]") {
    ThreeMembers rig;
    rig.start();
    session::RemoteService service;
    service.port = 2222;
    CHECK(answer_of({rig.to_c()}, service) == "from c");
    const Arrived arrived = rig.host.arrived().front();
    CHECK(arrived.kind == wire::ServiceKind::tcp);
    CHECK(arrived.service == 2222);
    REQUIRE(arrived.header);
    CHECK(arrived.header->service.empty());
}

TEST_CASE("a named service that is not there is looked for at two more members, not further", "[threads]") {
    ThreeMembers rig;
    rig.start();
    CHECK(answer_of({rig.to_b(), rig.to_b(), rig.to_b(), rig.to_c()}) == wire::name_of(Code::unknown_service));
    CHECK(rig.asked_b == 3);
    rig.code_of_b = Code::busy;
    CHECK(answer_of({rig.to_b()}) == wire::name_of(Code::busy));
}

TEST_CASE("the client's own refusal of a named service is final", "[threads]") {
    ThreeMembers rig;
    rig.start();
    rig.code_of_b = Code::refused;
    CHECK(answer_of({rig.to_b(), rig.to_c()}) == wire::name_of(Code::refused));
    CHECK(rig.host.arrived().empty());
}

TEST_CASE("a member that does not answer in time is like one without a link", "[threads]") {
    ThreeMembers rig;
    rig.start();
    rig.code_of_b = Code::none;
    CHECK(answer_of({rig.to_b(), rig.to_c()}) == "from c");
    CHECK(rig.asked_b == 1);
    CHECK(answer_of({rig.to_b()}) == wire::name_of(Code::going_away));
    CHECK(eventually([&] { return rig.to_b()->streams() == 0; }));
    CHECK(limits::link_opened_time == std::chrono::seconds(30));
}

TEST_CASE("a member without a link is left out, and without any the visitor is refused", "[threads]") {
    ThreeMembers rig;
    CHECK(answer_of({rig.to_b()}) == wire::name_of(Code::going_away));
    rig.start();
    rig.b.links.stop();
    REQUIRE(eventually([&] { return rig.to_b()->links() == 0; }));
    CHECK(answer_of({rig.to_b(), rig.to_c()}) == "from c");
}
