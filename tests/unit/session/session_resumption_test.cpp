// A session without a connection, by itself: how long it waits, and when it gives up.
#include "session/session_resumption.hpp"

#include <catch2/catch.hpp>

#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;

namespace {

struct ResumptionParts : SessionParts {
    ResumptionParts() {
        shared->notify = [this](const ServerNotice& notice) { notices.push_back(notice.kind); };
        facts.agreement.resume_key = token.key;
    }

    std::vector<ServerNotice::Kind> notices;
    std::vector<Code> ends;
    std::vector<bool> waited;
    const IntrusivePtr<trunk::Trunk> none;
    SessionResumption resumption{SessionResumption::Needs{
        at, facts, rights, nullptr, view, none, [] { return std::weak_ptr<ServerSession>(); }, [this] { return ended; },
        [this](Code code, std::string_view) { ends.push_back(code); },
        [this](bool waits) { waited.push_back(waits); }}};
};

}  // namespace

TEST_CASE("session resumption: a session waits from the loss of its connection to its end, and is counted") {
    ResumptionParts parts;
    CHECK_FALSE(parts.resumption.detached_since());
    parts.run([&] { parts.resumption.on_detached({Code::cancelled, "It is gone."}); });
    CHECK(parts.resumption.detached_since());
    CHECK(parts.notices == std::vector{ServerNotice::Kind::waiting});
    CHECK(parts.waited == std::vector{true});
    CHECK(parts.shared->resume_counts->waits == 1);
    parts.run([&] {
        parts.resumption.on_end();
        parts.resumption.on_end();
    });
    CHECK_FALSE(parts.resumption.detached_since());
    CHECK(parts.shared->resume_counts->given_up == 1);
}

TEST_CASE("session resumption: a session that waits ends when its client cannot come back") {
    ResumptionParts parts;
    parts.run([&] {
        parts.resumption.on_detached({Code::cancelled, "It is gone."});
        parts.ended = true;
        parts.resumption.give_up();
        CHECK(parts.ends.empty());
        parts.ended = false;
        parts.resumption.give_up();
    });
    CHECK(parts.ends == std::vector{Code::going_away});
}
