// What a part of an exchange has around it, without an exchange: a worker that the test drives, a request of a service,
// its carriers, and plugins that do what the test says.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exchange/backend_timer.hpp"
#include "exchange/exchange_context.hpp"
#include "exchange/exchange_record.hpp"
#include "exchange/request_sender.hpp"
#include "hooks/http_run.hpp"
#include "unit/directory/idle_carrier.hpp"

namespace ferrotunnel::exchange::test {

/// Answers each request for a stream at once, or keeps it.
class PartsCarrier final : public directory::test::IdleCarrier {
public:
    explicit PartsCarrier(runtime::Worker& worker) : worker_(worker) {}

    runtime::Worker& worker() noexcept override { return worker_; }
    void open(std::uint32_t, const directory::HttpVisitor&, IntrusivePtr<buffer::Waker>, bool, Opened opened) override {
        ++asked;
        if (refuses_with) {
            opened(*refuses_with);
        } else {
            kept.push_back(std::move(opened));
        }
    }

    std::optional<wire::Code> refuses_with;
    std::vector<Opened> kept;
    int asked = 0;

private:
    runtime::Worker& worker_;
};

/// The way of a body through a plugin that appends what it got to `text`, and gives out `made`.
class PartsWay final : public hooks::BodyFilters {
public:
    bool changes() const noexcept override { return does_change; }
    void observe(std::string_view piece, bool last) noexcept override { note(piece, last); }
    bool accepts() const noexcept override { return made.empty(); }
    void put(std::string_view piece, bool last) override {
        note(piece, last);
        made += keeps_back ? std::string_view() : piece;
        ends_ = last;
    }
    bool flush() override { return false; }
    buffer::Slice take() override {
        const std::string piece = std::exchange(made, {});
        now = ends_ ? State::ended : now;
        return piece.empty() ? buffer::Slice() : buffer::Slice::copy_of(as_bytes(piece));
    }
    State state() const noexcept override { return now; }

    bool does_change = false;
    bool keeps_back = false;
    State now = State::open;
    std::string text;
    std::string made;

private:
    void note(std::string_view piece, bool last) { text.append(piece).append(last ? "." : ""); }

    bool ends_ = false;
};

/// Plugins that the test answers for.
class PartsRun final : public hooks::HttpRun {
public:
    hooks::Step request(TimePoint) noexcept override { return step; }
    hooks::Step response(const hooks::AnswerView&, TimePoint) noexcept override {
        return is_complete || !failure.empty() ? hooks::Step::go_on : step;
    }
    void drop_answer() noexcept override { dropped += "a"; }
    TimePoint wait_until() const noexcept override { return {}; }
    void expire() noexcept override {}
    hooks::Reply take_reply() noexcept override { return {}; }
    void restore(http::RequestHead&) const noexcept override {}
    bool changes_target() const noexcept override { return false; }
    bool put_request(http::Edits&) const noexcept override { return true; }
    bool put_response(http::Edits&) const noexcept override { return true; }
    std::size_t collect_max() const noexcept override { return max; }
    hooks::Collected collect(std::string_view piece) noexcept override {
        if (body_.size() + piece.size() > max) {
            return hooks::Collected::too_large;
        }
        body_ += piece;
        return hooks::Collected::kept;
    }
    void collect_end() noexcept override { is_complete = true; }
    void collect_failed(std::string_view why) noexcept override { failure = why; }
    std::string_view collected(hooks::Side) const noexcept override { return body_; }
    void drop_collected(hooks::Side) noexcept override { body_.clear(); }
    hooks::BodyFilters* body(hooks::Side) noexcept override { return has_way ? &way : nullptr; }
    void close(const hooks::Outcome&) noexcept override { ++closed; }

    hooks::Step step = hooks::Step::go_on;
    std::size_t max = 10;
    bool has_way = false;
    PartsWay way;
    bool is_complete = false;
    std::string failure;
    std::string dropped;
    int closed = 0;

private:
    std::string body_;
};

class PartsEdge final : public ExchangeWorker {
public:
    using ExchangeWorker::ExchangeWorker;
};

/// The request is for a service that `carriers` carry. Everything happens in rounds of a worker that no thread runs.
struct ExchangeParts : BackendUser, ConnectWaiter, HoldWaiter, runtime::Deadline {
    explicit ExchangeParts(int carrier_count = 1) {
        round([&] {
            edge = std::make_unique<PartsEdge>(worker, shared);
            request.emplace(edge->usual_settings(), false);
            for (int i = 0; i < carrier_count; ++i) {
                join();
            }
            request->id = "id-1";
            request->host = "app.test";
        });
    }
    virtual ~ExchangeParts() {
        round([this] {
            for (const auto& carrier : carriers) {
                carrier->kept.clear();  // they keep the connections, which keep their carriers
            }
            edge.reset();
        });
    }
    template <typename Step>
    void round(Step step) {
        worker.as_round([&] { step(); });
    }
    void join() {
        directory::HttpDescription description;
        description.name = "web";
        description.hosts = {"app.test"};
        directory::Refusal why;
        carriers.push_back(std::make_shared<PartsCarrier>(worker));
        request->service = directory->join({}, 1, description, carriers.back(), Clock::now(), why).service;
    }
    void leave(const std::shared_ptr<PartsCarrier>& carrier) {
        directory->leave(*request->service, *carrier, Clock::now());
    }

    void on_backend_event() noexcept override { events += "b"; }
    std::shared_ptr<shaping::VisitorShape> shape_of_visitor(const std::shared_ptr<shaping::ServiceShape>&) override {
        return nullptr;
    }
    void on_connect_turn() noexcept override { events += "g"; }
    void on_change() noexcept override { events += "c"; }
    void on_deadline() noexcept override { events += "d"; }

    static buffer::Slice piece(std::string_view text) { return buffer::Slice::copy_of(as_bytes(text)); }

    std::string events;
    runtime::Worker worker;
    const std::shared_ptr<directory::HttpDirectory> directory = std::make_shared<directory::HttpDirectory>();
    const std::shared_ptr<ExchangeShared> shared = [this] {
        auto made = std::make_shared<ExchangeShared>();
        made->directory = directory;
        return made;
    }();
    std::vector<std::shared_ptr<PartsCarrier>> carriers;
    std::unique_ptr<PartsEdge> edge;
    VisitorFacts visitor;
    std::optional<RequestFacts> request;
};

/// The parts that others stand on.
struct WiredParts : ExchangeParts {
    using ExchangeParts::ExchangeParts;

    const ExchangeContext at{*edge, visitor, *request};
    ExchangeRecord record{at};
    BackendTimer timer{at, *this};
    IntrusivePtr<BackendStream> stream;
    RequestSender sender{at, stream};
    std::unique_ptr<hooks::HttpRun> run;

    PartsRun& begin_run() {
        run = std::make_unique<PartsRun>();
        return static_cast<PartsRun&>(*run);
    }
};

}  // namespace ferrotunnel::exchange::test
