#include "api/request_records.hpp"

#include "access/format.hpp"
#include "access/limits.hpp"
#include "api/trace_target.hpp"
#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {

std::error_code AccessLogWriter::open(const ServerSettings& settings, std::string& what) {
    if (settings.access_log.empty()) {
        return {};
    }
    std::error_code error;
    observe::AccessSink sink = observe::AccessSink::open(settings.access_log, error);
    if (error) {
        what = "open the access log " + settings.access_log;
        return error;
    }
    write_to(std::move(sink));
    return {};
}

void AccessLogWriter::write_to(observe::AccessSink sink) {
    if (file_) {
        file_->set(std::move(sink));
        return;
    }
    lanes_ = std::make_shared<access::Lanes>(workers_, access::lane_bytes_max);
    file_ = std::make_unique<observe::AccessFile>(lanes_, std::move(sink), log_);
}

void AccessLogWriter::reopen() {
    if (file_) {
        file_->reopen();
    }
}

access::Output AccessLogWriter::output(const ServerSettings& settings) const {
    if (settings.access_log.empty()) {
        return {lanes_, nullptr};
    }
    auto format = access::Format::parse(settings.access_log_format, settings.access_log_mask);
    return {lanes_, std::make_shared<const access::Format>(std::move(format.value()))};
}

std::error_code SpanSender::open(const ServerSettings& settings, std::string& what) {
    try {
        if (std::optional<observe::TraceTarget> target = make_trace_target(settings.traces)) {
            send_to(std::move(target));
        }
    } catch (const transport::TlsConfigError& problem) {
        what = std::string("send traces: ") + problem.what();
        return errc::invalid_argument;
    }
    return {};
}

void SpanSender::send_to(std::optional<observe::TraceTarget> target) {
    if (!exporter_ && target) {
        auto spans = std::make_shared<trace::SpanQueue>();
        exporter_ = std::make_unique<observe::TraceExporter>(spans, log_);
        const MutexLock lock(mutex_);
        spans_ = std::move(spans);
    }
    if (exporter_) {
        exporter_->set(std::move(target));
    }
}

trace::Output SpanSender::output(const ServerSettings& settings) const {
    return {settings.traces.endpoint.empty() ? nullptr : spans(), settings.traces.sample};
}

trace::SpanCounts SpanSender::counts() const {
    const std::shared_ptr<trace::SpanQueue> queue = spans();
    return queue ? queue->counts() : trace::SpanCounts{};
}

std::shared_ptr<trace::SpanQueue> SpanSender::spans() const {
    const MutexLock lock(mutex_);
    return spans_;
}

}  // namespace ferrotunnel::detail
