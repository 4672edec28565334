// A chain of plugins and one exchange of it, without an edge: the test asks for the phases, and delivers the mail.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "http/canonical_path.hpp"
#include "plugin/http_chain_run.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"
#include "plugin/worker_plugins.hpp"
#include "support/recording_logger.hpp"
#include "unit/http/parse.hpp"

namespace ferrotunnel::test {

class SilentBell final : public buffer::Doorbell {
public:
    void ring() noexcept override {}
};

class PluginRig : public hooks::RunOwner {
public:
    /// Adds an instance of the class behind those that are there.
    template <typename Class>
    void add(plugin::InstanceOptions options = {}, std::string_view settings = {}) {
        auto prepared = plugin::prepare(&plugin::library<Class>, {}, settings, {});
        REQUIRE(prepared);
        auto made = instances.make(*prepared, std::move(options));
        REQUIRE(made);
        chain.instances.push_back(*made);
    }

    /// What is wrong with settings of the class: "path: words", a line each.
    template <typename Class>
    static std::string wrong(std::string_view settings) {
        auto prepared = plugin::prepare(&plugin::library<Class>, {}, settings, {});
        std::string all;
        if (!prepared) {
            for (const config::Finding& finding : prepared.error()) {
                all += finding.path + ": " + finding.text + "\n";
            }
        }
        return all;
    }

    void begin(const std::string& start = "GET /a?b=c", const std::string& fields = "") {
        REQUIRE(try_begin(start, fields));
    }
    /// The same for a request that perhaps nobody looks at. False: nobody does.
    bool try_begin(const std::string& start, const std::string& fields = "") {
        if (!worker) {
            worker = std::make_unique<plugin::WorkerPlugins>(std::make_shared<plugin::Chain>(chain), waits, mailbox);
        }
        request = std::make_unique<ParsedRequest>(start + " HTTP/1.1\r\nHost: app.test\r\n" + fields + "\r\n");
        http::RequestHead head = request->head();
        const std::string path = http::canonical_path(head.target.path);  // as an edge has it
        head.target.path = path;
        run = worker->begin(head, info, *this);
        request.reset();  // a run needs nothing of the bytes that were read
        return run != nullptr;
    }
    /// Ends the exchange.
    void end(hooks::Outcome outcome = {}) {
        run->close(outcome);
        run.reset();
    }
    hooks::Step ask() { return run->request(now); }
    hooks::Step answer(std::uint16_t status = 200, const std::string& fields = "") {
        response = std::make_unique<ParsedResponse>("HTTP/1.1 " + std::to_string(status) + " Is\r\n" + fields + "\r\n");
        return ask_answer();
    }
    /// Asks for the same answer again.
    hooks::Step ask_answer() {
        return run->response({response->head().status, hooks::Origin::backend, &response->head().fields, &edits}, now);
    }
    /// The request's head as it would be sent.
    std::string sent() {
        http::RequestHead head;
        run->restore(head);
        http::Edits edits_of_request;
        REQUIRE(run->put_request(edits_of_request));
        http::RequestOut out = http::RequestOut::of(head);
        out.edits = &edits_of_request;
        return written(out);
    }
    /// The answer's head as the visitor would get it.
    std::string shown() {
        http::Edits all = edits;
        REQUIRE(run->put_response(all));
        http::ResponseOut out = http::ResponseOut::of(response->head(), http::Version::http11, true);
        out.edits = &all;
        return written(out);
    }
    /// Delivers what has come; how many decisions that were.
    int deliver() {
        const int before = decisions;
        mailbox->deliver_all();
        return decisions - before;
    }

    void on_decision() noexcept override { ++decisions; }
    bool is_same_service(std::string_view path) const noexcept override { return !path.starts_with("/other"); }

    hooks::RequestInfo info{"app.test", "192.0.2.7", "web", "id-1", true};
    RecordingLogger log;
    plugin::Instances instances{log};
    plugin::Chain chain;
    plugin::WaitSettings waits;
    std::shared_ptr<buffer::Mailbox> mailbox = std::make_shared<buffer::Mailbox>(std::make_unique<SilentBell>());
    std::unique_ptr<plugin::WorkerPlugins> worker;
    std::unique_ptr<ParsedRequest> request;
    std::unique_ptr<ParsedResponse> response;
    http::Edits edits;  // the edge's own, of the answer
    TimePoint now{std::chrono::hours(1)};
    int decisions = 0;
    std::unique_ptr<hooks::HttpRun> run;
};

}  // namespace ferrotunnel::test
