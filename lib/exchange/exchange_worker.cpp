#include "exchange/exchange_worker.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"

namespace ferrotunnel::exchange {

namespace {

constexpr std::string_view id_letters = "0123456789abcdefghjkmnpqrstvwxyz";  // five bits each
constexpr std::size_t id_prefix_size = 8;
constexpr std::size_t id_count_size = 7;

// How many connections to one backend a worker may request at once: up to 64 workers together request no more than one
// session accepts.
std::uint32_t opens_of_a_worker(std::size_t workers) {
    constexpr std::size_t most = 64;
    constexpr std::size_t least = 4;
    return static_cast<std::uint32_t>(
        std::clamp(limits::opens_unanswered_per_service_max / std::max<std::size_t>(workers, 1), least, most));
}

std::string random_prefix(Random* random) {
    std::array<std::uint8_t, id_prefix_size> bytes{};
    if (random != nullptr) {
        random->fill(bytes);
    }
    std::string prefix;
    for (const std::uint8_t byte : bytes) {
        prefix += id_letters[byte % id_letters.size()];
    }
    return prefix;
}

template <typename Parser>
std::unique_ptr<Parser> take_from(std::vector<std::unique_ptr<Parser>>& spare, const http::HeadLimits& limits) {
    if (spare.empty()) {
        return std::make_unique<Parser>(limits);
    }
    std::unique_ptr<Parser> parser = std::move(spare.back());
    spare.pop_back();
    return parser;
}

template <typename Parser>
void put_into(std::vector<std::unique_ptr<Parser>>& spare, std::unique_ptr<Parser> parser, std::size_t max) {
    if (parser && spare.size() < max) {
        parser->reset();
        spare.push_back(std::move(parser));
    }
}

}  // namespace

ExchangeWorker::ExchangeWorker(runtime::Worker& worker_in, std::shared_ptr<const ExchangeShared> shared_in)
    : worker(worker_in),
      shared(std::move(shared_in)),
      counters(*shared->counters),
      log(*shared->log),
      wheel(worker_in),
      pool(shared->settings, wheel),
      connect_limiter(worker_in, opens_of_a_worker(shared->workers)),
      routes(shared->directory),
      hold(worker_in, wheel, routes),
      hooks(shared->make_hooks ? shared->make_hooks(worker_in.mailbox()) : nullptr),
      rules_(shared),
      head_limits_(exchange::head_limits(rules_->settings)),
      id_prefix_(random_prefix(shared->random)) {
    if (shared->random != nullptr) {
        trace_ids_.emplace(*shared->random);
    }
    // Returning parsers must not allocate.
    request_parsers_.reserve(spare_parsers_max);
    response_parsers_.reserve(spare_parsers_max);
    acquire_access_lane();
}

// A server has one set of lanes at most, from its first access log on.
void ExchangeWorker::acquire_access_lane() noexcept {
    if (access_lane_ == nullptr && rules_->access.lanes) {
        access_lane_ = &rules_->access.lanes->assign_lane();
    }
}

void ExchangeWorker::swap_rules(std::shared_ptr<const EdgeRules>& rules) noexcept {
    check_here(worker);
    rules_.swap(rules);
    head_limits_ = exchange::head_limits(rules_->settings);
    pool.set_bounds(rules_->settings);
    acquire_access_lane();
    request_parsers_.clear();  // the parsers in stock have the earlier limits
}

std::string_view ExchangeWorker::date() noexcept {
    check_here(worker);
    using namespace std::chrono;
    const TimePoint now = worker.now();
    if (now >= date_until_) {
        const auto wall = system_clock::now().time_since_epoch();
        const auto second = floor<seconds>(wall);
        date_ = http::date_text(second.count());
        date_until_ = now + duration_cast<Duration>(second + seconds(1) - wall);
    }
    return {date_.data(), date_.size()};
}

std::string ExchangeWorker::new_request_id() {
    check_here(worker);
    std::string id = id_prefix_;
    std::uint64_t count = ++id_count_;
    for (std::size_t i = 0; i < id_count_size; ++i) {
        id += id_letters[count % id_letters.size()];
        count /= id_letters.size();
    }
    return id;
}

std::unique_ptr<http::RequestParser> ExchangeWorker::acquire_request_parser() {
    check_here(worker);
    return take_from(request_parsers_, head_limits_);
}

void ExchangeWorker::release_parser(std::unique_ptr<http::RequestParser> parser) {
    check_here(worker);
    if (parser && parser->limits() == head_limits_) {
        put_into(request_parsers_, std::move(parser), spare_parsers_max);
    }
}

std::unique_ptr<http::ResponseParser> ExchangeWorker::acquire_response_parser() {
    check_here(worker);
    return take_from(response_parsers_, {});
}

void ExchangeWorker::release_parser(std::unique_ptr<http::ResponseParser> parser) {
    check_here(worker);
    put_into(response_parsers_, std::move(parser), spare_parsers_max);
}

}  // namespace ferrotunnel::exchange
