#include "exchange/access_record.hpp"

#include <exception>

#include "access/limits.hpp"
#include "exchange/exchange_worker.hpp"
#include "exchange/request_spans.hpp"

namespace ferrotunnel::exchange {
namespace {

std::string_view protocol_of(const VisitorFacts& visitor, http::Version version) noexcept {
    return visitor.http2 ? "HTTP/2" : version == http::Version::http11 ? "HTTP/1.1" : "HTTP/1.0";
}

/// A field's value, as much of it as a line has.
std::string_view shortened(std::optional<std::string_view> value) noexcept {
    return value.value_or(std::string_view()).substr(0, access::text_bytes_max);
}

}  // namespace

void AccessRecord::begin(const http::RequestHead* head, ExchangeWorker& edge, const VisitorFacts& visitor) {
    const access::Output& output = edge.rules().access;
    const bool has_output = output.format != nullptr && edge.access_lane() != nullptr;
    trace::IdSource* const ids = edge.rules().traces.queue ? edge.trace_ids() : nullptr;
    if (!has_output && ids == nullptr && (head == nullptr || !edge.log.enabled(LogLevel::debug))) {
        return;
    }
    noted_ = std::make_unique<Noted>();
    if (has_output) {
        noted_->output = output;
        noted_->lane = edge.access_lane();
    }
    if (has_output || ids != nullptr) {
        noted_->time = std::chrono::system_clock::now();
    }
    if (ids != nullptr) {
        noted_->spans = edge.rules().traces.queue;
        noted_->trace = trace::make_context(head != nullptr ? parent_of(head->fields) : std::nullopt, visitor.trusted,
                                            edge.rules().traces.sample, *ids);
    }
    if (head != nullptr) {
        noted_->method = head->method_text;
        noted_->target.append(head->target.path).append(head->target.query);
        noted_->path_size = head->target.path.size();
        noted_->version = head->version;
        noted_->referer = shortened(head->fields.first("Referer"));
        noted_->user_agent = shortened(head->fields.first(http::FieldName::user_agent));
    }
}

void AccessRecord::apply_forwarding(std::string_view visitor) {
    if (noted_) {
        noted_->visitor = visitor;
    }
}

void AccessRecord::write(const RequestFacts& request, const VisitorFacts& visitor, const End& end, TimePoint begun,
                         Logger& log) const noexcept {
    if (!noted_) {
        return;
    }
    try {
        write_debug(request, visitor, end.outcome, log);
        const bool has_spans = noted_->trace && noted_->trace->sampled;
        if (noted_->lane != nullptr || has_spans) {
            const access::Entry entry = entry_of(request, visitor, end, begun);
            write_spans(entry, begun);
            write_access(entry);
        }
    } catch (const std::exception&) {  // no memory for a line
        if (noted_->lane != nullptr) {
            noted_->output.lanes->drop(*noted_->lane);
        }
    }
}

void AccessRecord::write_debug(const RequestFacts& request, const VisitorFacts& visitor, const hooks::Outcome& outcome,
                               Logger& log) const {
    if (!log.enabled(LogLevel::debug) || noted_->method.empty()) {
        return;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.duration);
    const std::string_view path = std::string_view(noted_->target).substr(0, noted_->path_size);
    log.debug("a request ended", {{"request", request.id},
                                  {"visitor", visitor.address},
                                  {"method", noted_->method},
                                  {"host", request.host},
                                  {"path", path},  // the query may have secrets
                                  {"service", request.service_name()},
                                  {"status", outcome.status},
                                  {"bytes", outcome.response_bytes},
                                  {"complete", outcome.complete},
                                  {"ms", took.count()},
                                  {"protocol", protocol_of(visitor, noted_->version)}});
}

access::Entry AccessRecord::entry_of(const RequestFacts& request, const VisitorFacts& visitor, const End& end,
                                     TimePoint begun) const {
    constexpr std::uint16_t visitor_left = 499;  // as nginx has it
    constexpr std::uint16_t broken = 500;
    access::Entry entry;
    entry.time = noted_->time;
    entry.visitor = noted_->visitor.empty() ? visitor.address : noted_->visitor;
    if (request.service) {
        entry.token = request.service->description().token_name;
        entry.service = request.service->description().name;
    }
    entry.host = request.host;
    entry.method = noted_->method;
    entry.target = noted_->target;
    entry.protocol = protocol_of(visitor, noted_->version);
    entry.scheme = request.by_tls ? "https" : "http";
    entry.referer = noted_->referer;
    entry.user_agent = noted_->user_agent;
    entry.request_id = request.id;
    entry.tls_group = name_of(visitor.key_group);
    entry.cause = end.cause;
    entry.member = end.member;
    entry.outcome = end.how;
    entry.status = end.outcome.status;
    if (entry.status == 0) {
        entry.status = end.how == access::Outcome::visitor_left ? visitor_left : broken;
    }
    entry.received = end.outcome.request_bytes;
    entry.sent = end.outcome.response_bytes;
    entry.routed = since(begun, Phase::routed);
    entry.connected = since(begun, Phase::connected);
    entry.first_byte = since(begun, Phase::first_byte);
    entry.whole = end.outcome.duration;
    return entry;
}

void AccessRecord::write_access(const access::Entry& entry) const {
    if (noted_->lane != nullptr) {
        std::string line;
        noted_->output.format->append(line, entry);
        noted_->output.lanes->put(*noted_->lane, line);
    }
}

void AccessRecord::write_spans(const access::Entry& entry, TimePoint begun) const noexcept {
    if (!noted_->trace || !noted_->trace->sampled) {
        return;
    }
    try {
        const PluginTimes plugins{since(begun, Phase::asked), since(begun, Phase::decided)};
        noted_->spans->put(spans_of(entry, *noted_->trace, plugins));
    } catch (const std::exception&) {  // no memory: there is at least the request's own
        noted_->spans->drop(1);
    }
}

}  // namespace ferrotunnel::exchange
