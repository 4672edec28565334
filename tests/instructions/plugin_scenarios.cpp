#include "instructions/plugin_scenarios.hpp"

#include <memory>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "ferrotunnel/plugin.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "instructions/http_messages.hpp"
#include "instructions/measurement.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"
#include "plugin/worker_plugins.hpp"

namespace ferrotunnel::instructions {
namespace {

constexpr std::string_view form_request =
    "POST /orders HTTP/1.1\r\n"
    "Host: app.example.com\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 26\r\n"
    "\r\n";
constexpr std::string_view form_body = "{\"article\":7,\"pieces\":\"3\"}";

/// Reads and writes fields and notes of both heads, as a plugin for authentication does.
class HeadsPlugin final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "heads", .version = "1"};

    plugin::Decision on_request(plugin::Exchange& exchange) override {
        const bool has_cookie = exchange.field(plugin::Side::request, "Cookie").has_value();
        exchange.set(plugin::Side::request, "X-User", has_cookie ? "ann" : "nobody");
        exchange.set_note("user", exchange.path());
        return plugin::Decision::go_on();
    }
    plugin::Decision on_response(plugin::Exchange& exchange) override {
        exchange.add(plugin::Side::response, "X-Served-For", exchange.note("user"));
        return plugin::Decision::go_on();
    }
    void on_close(plugin::Exchange&, const plugin::Outcome&) override {}
};

class CopyFilter final : public plugin::BodyFilter {
public:
    void chunk(plugin::Text in, bool, plugin::Sink& out) override { out.write(in); }
};

/// Decides on a whole body, as a plugin for webhooks does, and transforms that of the response.
class BodiesPlugin final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "bodies", .version = "1"};

    plugin::Decision on_request(plugin::Exchange& exchange) override {
        return exchange.collect(0, [](plugin::Exchange&, plugin::Text body) {
            check(body == form_body, "the plugin gets the whole body");
            return plugin::Decision::go_on();
        });
    }
    plugin::Decision on_response(plugin::Exchange& exchange) override {
        check(exchange.transform(plugin::Side::response, std::make_unique<CopyFilter>()), "the plugin may transform");
        check(exchange.observe(plugin::Side::response, [](plugin::Text) {}), "the plugin may observe");
        return plugin::Decision::go_on();
    }
};

class QuietBell final : public buffer::Doorbell {
public:
    void ring() noexcept override {}
};

/// Three instances of a plugin on a worker, and one exchange after another.
template <typename Class>
class PluginChain : public hooks::RunOwner {
public:
    explicit PluginChain(std::string_view request) {
        check(request_.parse(request) == http::ParseState::complete, "the request is complete");
        response_.reset(http::ResponseContext::of(request_.head()));
        check(response_.parse(usual_response) == http::ParseState::complete, "the response is complete");
        for (int i = 0; i < 3; ++i) {
            auto prepared = plugin::prepare(&plugin::library<Class>, {}, {}, {});
            check(static_cast<bool>(prepared), "the plugin has no settings");
            auto made = instances_.make(*prepared, {});
            check(static_cast<bool>(made), "there is an instance");
            chain_.instances.push_back(*made);
        }
        worker_ = std::make_unique<plugin::WorkerPlugins>(std::make_shared<plugin::Chain>(chain_),
                                                          plugin::WaitSettings{}, mailbox_);
    }

    /// Begins the exchange.
    hooks::HttpRun& begin() {
        run_ = worker_->begin(request_.head(), {"app.example.com", "203.0.113.195", "app", "id-1", true}, *this);
        check(run_ != nullptr, "plugins look at the request");
        return *run_;
    }
    hooks::Step respond() {
        return run_->response({response_.head().status, hooks::Origin::backend, &response_.head().fields, &edge_}, {});
    }
    /// Writes what the plugins have made of the heads, and ends the exchange.
    void finish() {
        http::Edits request;
        http::Edits response;
        check(run_->put_request(request) && run_->put_response(response), "there is room for all edits");
        run_->close({});
        run_.reset();
    }

    void on_decision() noexcept override {}
    bool is_same_service(std::string_view) const noexcept override { return true; }

private:
    plugin::Instances instances_{null_logger()};
    http::RequestParser request_;
    http::ResponseParser response_;
    http::Edits edge_;
    plugin::Chain chain_;
    std::shared_ptr<buffer::Mailbox> mailbox_ = std::make_shared<buffer::Mailbox>(std::make_unique<QuietBell>());
    std::unique_ptr<plugin::WorkerPlugins> worker_;
    std::unique_ptr<hooks::HttpRun> run_;
};

/// Prepares one exchange outside of the count.
template <typename Exchange>
void exchanges_of(std::uint64_t exchanges, Exchange exchange) {
    exchange();
    measurement::begin();
    for (std::uint64_t i = 0; i < exchanges; ++i) {
        exchange();
    }
    measurement::end();
}

}  // namespace

// Heads of a browser's request and its response.
void plugin_heads(std::uint64_t exchanges) {
    PluginChain<HeadsPlugin> chain(browser_request);
    exchanges_of(exchanges, [&chain] {
        hooks::HttpRun& run = chain.begin();
        check(run.request({}) == hooks::Step::go_on && chain.respond() == hooks::Step::go_on, "all instances continue");
        chain.finish();
    });
}

// A body that three instances decide on, and one that passes three filters and looks in pieces.
void plugin_bodies(std::uint64_t exchanges) {
    PluginChain<BodiesPlugin> chain(form_request);
    const std::string piece(4'096, 'd');
    exchanges_of(exchanges, [&chain, &piece] {
        hooks::HttpRun& run = chain.begin();
        check(run.request({}) == hooks::Step::collect, "an instance wants the body");
        check(run.collect(form_body) == hooks::Collected::kept, "there is room for the body");
        run.collect_end();
        check(run.request({}) == hooks::Step::go_on && chain.respond() == hooks::Step::go_on, "all instances continue");
        hooks::BodyFilters& way = *run.body(hooks::Side::response);
        for (int i = 0; i < 4; ++i) {
            way.put(piece, i == 3);
            while (!way.take().empty()) {
            }
        }
        check(way.state() == hooks::BodyFilters::State::ended, "the body is complete");
        chain.finish();
    });
}

}  // namespace ferrotunnel::instructions
