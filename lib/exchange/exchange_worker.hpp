// Resources of one worker for its exchanges, whatever protocol their requests arrive by: rules, counters, routes,
// connections to backends, and buffers that are reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "directory/http_directory.hpp"
#include "exchange/backend_pool.hpp"
#include "exchange/connect_limiter.hpp"
#include "exchange/exchange_shared.hpp"
#include "exchange/head_scratch.hpp"
#include "exchange/hold_queue.hpp"
#include "exchange/retry_buffer.hpp"
#include "http/date.hpp"
#include "http/request_parser.hpp"
#include "http/response_parser.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/worker.hpp"
#include "trace/context.hpp"

namespace ferrotunnel::exchange {

/// The exchanges' part of one worker. It lives on that worker, and is destroyed there or when no worker runs any more.
class ExchangeWorker : public HeadScratch {
public:
    ExchangeWorker(runtime::Worker& worker_in, std::shared_ptr<const ExchangeShared> shared_in);
    ExchangeWorker(const ExchangeWorker&) = delete;
    ExchangeWorker& operator=(const ExchangeWorker&) = delete;

    /// The value of Date for the present second, valid until the next call. Costs a comparison.
    std::string_view date() noexcept;
    /// A new id: fifteen characters that no other request of this server has.
    std::string new_request_id();

    std::unique_ptr<http::RequestParser> acquire_request_parser();
    void release_parser(std::unique_ptr<http::RequestParser> parser);
    std::unique_ptr<http::ResponseParser> acquire_response_parser();
    void release_parser(std::unique_ptr<http::ResponseParser> parser);

    /// Where this worker counts the requests of a service. May throw for lack of memory on its first use.
    metrics::HttpCounts& counts_of(metrics::ServiceRow& row) { return row.http(number_in(row)); }
    /// Where this worker counts the visitors of a service; likewise.
    metrics::TopVisitors& visitors_of(metrics::ServiceRow& row) { return row.top_visitors(number_in(row)); }

    /// Whether the edge drains: no more requests arrive, and connections to backends are not kept any more.
    bool draining() const noexcept { return draining_; }

    /// The present rules; valid until the end of this round.
    const EdgeRules& rules() const noexcept { return *rules_; }
    const EdgeSettings& settings() const noexcept { return rules_->settings; }
    /// The settings of services that set nothing else.
    HttpServiceSettings usual_settings() const noexcept { return HttpServiceSettings(rules_->settings); }
    const http::HeadLimits& head_limits() const noexcept { return head_limits_; }
    /// These rules apply from now on. What a request has copied of the earlier rules stays. The caller receives the
    /// earlier rules.
    void swap_rules(std::shared_ptr<const EdgeRules>& rules) noexcept;
    /// Where lines of this worker's requests go; null if there was no access log yet.
    access::Lane* access_lane() const noexcept { return access_lane_; }
    /// Makes trace ids; null if there is no source for them.
    trace::IdSource* trace_ids() noexcept { return trace_ids_ ? &*trace_ids_ : nullptr; }

    runtime::Worker& worker;
    const std::shared_ptr<const ExchangeShared> shared;
    EdgeCounters& counters;
    Logger& log;
    runtime::DeadlineWheel wheel;
    BackendPool pool;
    ConnectLimiter connect_limiter;
    directory::HttpRoutesCache routes;
    HoldQueue hold;
    RetryMemory retry_memory;
    std::unique_ptr<hooks::HttpHooks> hooks;  // for new exchanges; null without plugins

protected:
    ~ExchangeWorker() = default;
    bool draining_ = false;

private:
    static constexpr std::size_t spare_parsers_max = 64;

    void acquire_access_lane() noexcept;

    std::vector<std::unique_ptr<http::RequestParser>> request_parsers_;
    std::vector<std::unique_ptr<http::ResponseParser>> response_parsers_;
    std::shared_ptr<const EdgeRules> rules_;  // never null; the next follows from it
    http::HeadLimits head_limits_;
    access::Lane* access_lane_ = nullptr;
    std::optional<trace::IdSource> trace_ids_;
    http::DateText date_{};
    TimePoint date_until_{};
    std::string id_prefix_;
    std::uint64_t id_count_ = 0;
    std::size_t number_in(const metrics::ServiceRow& row) noexcept {
        check_here(worker);
        if (!writer_) {
            writer_ = row.number_of(&worker);
        }
        return *writer_;
    }

    std::optional<std::size_t> writer_;  // this worker's number among those that count
};

}  // namespace ferrotunnel::exchange
