// The body of an answer on its way through plugins, and the head of an answer that the edge makes.
#include "exchange/download.hpp"

#include "exchange/exchange_plugins.hpp"
#include "exchange/local_answer.hpp"
#include "unit/exchange/exchange_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::exchange::test;
using PieceKind = AnswerPiece::Kind;

namespace {

struct DownloadParts : WiredParts {
    DownloadParts() { plugins_run.has_way = true; }

    ResponseReader response{*edge};
    PartsRun& plugins_run = begin_run();
    Download download{{response, stream, run}};
};

}  // namespace

TEST_CASE("download: a body that plugins look at passes as it is, in pieces of a frame") {
    DownloadParts parts;
    const std::string body(limits::data_payload_max + 1, 'x');
    CHECK_FALSE(parts.download.begin(true, 200));
    CHECK(parts.download.is_with_plugins());
    CHECK(parts.download.next_local(body).data.size() == limits::data_payload_max);
    CHECK(parts.download.next_local(body).data.size() == 1);
    CHECK(parts.download.next_local(body).kind == PieceKind::end);
    CHECK(parts.plugins_run.way.text == body + ".");
    parts.plugins_run.way.now = hooks::BodyFilters::State::failed;
    CHECK(parts.download.next_local(body).kind == PieceKind::broken);
}

TEST_CASE("download: statuses without a body have none for plugins") {
    DownloadParts parts;
    parts.plugins_run.way.does_change = true;
    for (const std::uint16_t status : std::initializer_list<std::uint16_t>{101, 204, 205}) {
        CHECK_FALSE(parts.download.begin(true, status));
        CHECK_FALSE(parts.download.is_with_plugins());
    }
    CHECK(parts.download.begin(true, 304));  // its length would be that of another body
    CHECK_FALSE(parts.download.is_with_plugins());
    CHECK(parts.download.begin(false, 200));  // HEAD
    CHECK_FALSE(parts.download.is_with_plugins());
}

TEST_CASE("limit: plugins that change a body are fed so much before others have a turn") {
    DownloadParts parts;
    parts.plugins_run.way.does_change = true;
    parts.plugins_run.way.keeps_back = true;
    const std::string body(200 * 1024, 'x');
    CHECK(parts.download.begin(true, 200));
    CHECK(parts.download.next_local(body).kind == PieceKind::later);
    CHECK(parts.plugins_run.way.text.size() >= 128 * 1024);
    CHECK(parts.plugins_run.way.text.size() < 128 * 1024 + limits::data_payload_max);
    CHECK(parts.download.next_local(body).kind == PieceKind::end);
    CHECK(parts.plugins_run.way.text == body + ".");
}

TEST_CASE("plugins: those that collect an answer of the edge get its body at once") {
    DownloadParts parts;
    class Owner final : public hooks::RunOwner {
        void on_decision() noexcept override {}
        bool is_same_service(std::string_view) const noexcept override { return false; }
    } owner;
    ExchangePlugins plugins({parts.at, parts.record, owner});
    class Asking final : public hooks::HttpHooks {
    public:
        std::unique_ptr<hooks::HttpRun> begin(const http::RequestHead&, const hooks::RequestInfo&,
                                              hooks::RunOwner&) override {
            auto run = std::make_unique<PartsRun>();
            run->step = hooks::Step::collect;
            last = run.get();
            return run;
        }
        PartsRun* last = nullptr;
    };
    auto hooks = std::make_unique<Asking>();
    Asking& asking = *hooks;
    CHECK_FALSE(plugins.has_any());
    parts.edge->hooks = std::move(hooks);
    CHECK(plugins.has_any());
    parts.round([&] {
        const http::RequestHead head{};
        const http::Forwarding forwarding(head, forwarding_facts(parts.visitor, parts.edge->rules(), "id-1", false));
        CHECK(plugins.begin(plugins.incoming_request(head, forwarding, parts.at.now())) ==
              ExchangePlugins::BeginResult::asked);
        http::Edits edits;
        const hooks::AnswerView view{404, hooks::Origin::edge, nullptr, &edits, false};
        CHECK(plugins.pass_local(view, "page", edits) == hooks::Step::go_on);
        CHECK(asking.last->is_complete);
        CHECK(asking.last->collected(hooks::Side::response) == "page");
        asking.last->is_complete = false;
        CHECK(plugins.pass_local(view, "a larger page", edits) == hooks::Step::go_on);
        CHECK(asking.last->failure == "the response body is larger than the plugin accepts");
        plugins.drop_answer();
        CHECK(asking.last->dropped == "a");
    });
    parts.edge->hooks.reset();
}

TEST_CASE("local answer: a page, a redirect, and a plugin's answer") {
    WiredParts parts;
    LocalAnswer local(parts.at);
    local.set(Refusal{http::PageState::no_client, {}, "nobody"});
    CHECK(local.status() == 503);
    CHECK(local.origin() == hooks::Origin::edge);
    CHECK_FALSE(local.body().empty());
    CHECK(parts.edge->counters.pages == 1);
    parts.request->is_grpc = true;
    local.set(Refusal{http::PageState::no_client, {}, "nobody"});
    CHECK(local.speaks_grpc());
    CHECK(local.status() == 200);
    CHECK(local.body().empty());
    EarlyReply redirect;
    redirect.status = 308;
    redirect.location = "https://app.test/";
    local.set(std::move(redirect));
    CHECK(local.status() == 308);
    CHECK_FALSE(local.speaks_grpc());
    hooks::Reply reply;
    reply.status = 418;
    reply.body = "tea";
    local.set(std::move(reply));
    CHECK(local.origin() == hooks::Origin::plugin);
    CHECK(local.body() == "tea");
    CHECK(parts.edge->counters.pages == 2);
}
