#include "observe/trace_exporter.hpp"

#include <algorithm>
#include <exception>
#include <future>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/version.hpp"
#include "fetch/fetch.hpp"
#include "fetch/retry_after.hpp"
#include "runtime/system_random.hpp"
#include "runtime/timer.hpp"
#include "trace/limits.hpp"
#include "trace/otlp.hpp"

namespace ferrotunnel::observe {
namespace {

bool is_success(std::uint16_t status) noexcept {
    return status >= 200 && status < 300;
}

// As OTLP defines. Status 0: no response arrived, so the collector may or may not have the spans.
bool may_be_repeated(std::uint16_t status) noexcept {
    return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

std::string reason_of(const fetch::Response& response) {
    return response.status == 0 ? response.error : "it responds with status " + std::to_string(response.status);
}

}  // namespace

class TraceExporter::Core {
public:
    Core(runtime::Worker& worker, const Times& times, std::shared_ptr<trace::SpanQueue> queue, Logger& log)
        : worker_(worker), times_(times), queue_(std::move(queue)), log_(log), timer_(worker, [this] { on_timer(); }) {}

    ~Core() { queue_->count_failed(batch_.size()); }

    /// A message in flight to the previous collector is sent again: whether that received it is unknown.
    void set(std::optional<TraceTarget> target) {
        post_.reset();
        target_ = std::move(target);
        attempts_ = 0;
        if (!target_) {
            give_up();
        } else if (!batch_.empty()) {
            send();
        }
        look();
    }

    /// Sends the remaining spans, as long as that works, and then reports the end.
    void end(std::shared_ptr<std::promise<void>> over) {
        over_ = std::move(over);
        if (!batch_.empty() && !post_) {
            send();  // without the usual wait, which is longer than the time that is left
        }
        look();
    }

    /// Starts the next message, if none is in flight and there is a reason for one.
    void look() {
        if (!batch_.empty()) {
            return;
        }
        try {
            if (std::exchange(is_due_, false) || over_ || queue_->has_batch()) {
                take_batch();
            }
        } catch (const std::exception&) {  // no memory for the message
            give_up();
        }
        if (batch_.empty() && over_ && !std::exchange(end_reported_, true)) {
            over_->set_value();
        } else if (batch_.empty() && !timer_.is_set()) {
            timer_.set(worker_.now() + times_.gather);
        }
    }

private:
    void on_timer() {
        report_dropped();
        if (batch_.empty()) {
            is_due_ = true;
            look();
        } else if (!post_) {
            send();
        }
    }

    void take_batch() {
        if (!target_) {
            return;
        }
        batch_ = queue_->take();
        if (!batch_.empty()) {
            body_ = trace::otlp_json(target_->service_name, version_string, batch_);
            attempts_ = 0;
            send();
        }
    }

    void send() {
        timer_.cancel();
        ++attempts_;
        try {
            fetch::Request request{target_->to, "POST", target_->path, target_->fields, body_, true};
            request.fields.emplace_back("Content-Type", "application/json");
            post_ = std::make_unique<fetch::Fetch>(worker_, nullptr, std::move(request), bounds(),
                                                   [this](const fetch::Response& response) { on_response(response); });
        } catch (const std::exception& problem) {  // no memory
            fetch::Response failed;
            failed.error = problem.what();
            pause_or_give_up(failed);
        }
    }

    /// Only the head of a response is needed.
    fetch::Bounds bounds() const { return {times_.message, trace::answer_head_max, 0}; }

    void on_response(const fetch::Response& result) {
        post_.reset();
        try {
            report_result(result);
        } catch (const std::exception&) {  // no memory for a log line
        }
        if (is_success(result.status)) {
            queue_->count_sent(batch_.size());
            batch_.clear();
            look();
        } else {
            pause_or_give_up(result);
        }
    }

    /// Logs when the collector fails, and when it recovers.
    void report_result(const fetch::Response& result) {
        const bool fails = !is_success(result.status);
        if (std::exchange(is_failing_, fails) == fails) {
            return;
        }
        if (fails) {
            log_.warn("spans cannot be sent to the collector",
                      {{"at", target_->to.authority}, {"why", reason_of(result)}});
        } else {
            log_.info("the collector receives spans again", {{"at", target_->to.authority}});
        }
    }

    void pause_or_give_up(const fetch::Response& result) {
        if (over_ || attempts_ >= trace::attempts_max || !may_be_repeated(result.status)) {
            give_up();
            look();
            return;
        }
        timer_.set(worker_.now() + pause_before_next(result));
    }

    // Doubled each time, less a random part of up to half, so that servers do not retry at the same time.
    Duration pause_before_next(const fetch::Response& result) const {
        const auto asked = fetch::read_retry_after(result.field("Retry-After"), std::chrono::system_clock::now());
        if (asked) {
            return std::min<Duration>(*asked, trace::retry_longest);
        }
        const Duration full = std::min<Duration>(trace::retry_first * (1U << (attempts_ - 1)), trace::retry_longest);
        const auto half = static_cast<std::uint64_t>(full.count() / 2);
        return full - Duration(static_cast<Duration::rep>(runtime::system_random().below(half)));
    }

    void give_up() {
        queue_->count_failed(batch_.size());
        batch_.clear();
        timer_.cancel();
    }

    void report_dropped() {
        const std::uint64_t dropped = queue_->counts().dropped;
        if (dropped != reported_dropped_ && worker_.now() >= report_again_at_) {
            log_.warn("spans were dropped: the collector is too slow", {{"spans", dropped - reported_dropped_}});
            reported_dropped_ = dropped;
            report_again_at_ = worker_.now() + trace::report_interval;
        }
    }

    runtime::Worker& worker_;
    const Times times_;
    const std::shared_ptr<trace::SpanQueue> queue_;
    Logger& log_;
    std::optional<TraceTarget> target_;
    std::vector<trace::Span> batch_;  // in flight, or to be sent again
    std::string body_;                // of that batch
    unsigned attempts_ = 0;           // for that batch
    bool is_due_ = false;             // send waiting spans, however few
    bool is_failing_ = false;         // already logged
    std::uint64_t reported_dropped_ = 0;
    TimePoint report_again_at_{};
    std::shared_ptr<std::promise<void>> over_;  // null if it continues
    bool end_reported_ = false;
    std::unique_ptr<fetch::Fetch> post_;
    runtime::Timer timer_;  // for the next batch, or for the next attempt
};

TraceExporter::TraceExporter(std::shared_ptr<trace::SpanQueue> queue, Logger& log, Times times)
    : times_(times), queue_(std::move(queue)), core_(std::make_unique<Core>(worker_, times_, queue_, log)) {
    worker_.start();
}

TraceExporter::~TraceExporter() {
    const auto over = std::make_shared<std::promise<void>>();
    if (worker_.post([core = core_.get(), over] { core->end(over); })) {
        (void)over->get_future().wait_for(times_.end);
    }
    queue_->set_wake({});
    worker_.stop();
    worker_.join();
}

void TraceExporter::set(std::optional<TraceTarget> target) {
    Core* const core = core_.get();  // mail that arrives after its end is not delivered
    if (target) {
        queue_->set_wake([mailbox = worker_.mailbox(), core] { (void)mailbox->post_call([core] { core->look(); }); });
    } else {
        queue_->set_wake({});
    }
    (void)worker_.post([core, target = std::move(target)]() mutable { core->set(std::move(target)); });
}

}  // namespace ferrotunnel::observe
