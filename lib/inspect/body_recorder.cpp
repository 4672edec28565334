#include "inspect/body_recorder.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "inspect/content_coding.hpp"
#include "inspect/masked_text.hpp"

namespace ferrotunnel::inspect {
namespace {

RecordedMessage& half_of(Exchange& exchange, bool of_request) {
    return of_request ? exchange.request : exchange.answer;
}

}  // namespace

void BodyRecorder::add(std::string_view payload, Records& records, std::uint64_t bytes_max) {
    if (!record_) {
        return;
    }
    passed_ += payload.size();
    const std::size_t wanted = std::min<std::uint64_t>(payload.size(), bytes_max - std::min(bytes_max, kept_));
    if (wanted > 0 && !dropped_) {
        if (records.grow(*record_, wanted) && record_->append_waiting(of_request_, payload.substr(0, wanted))) {
            kept_ += wanted;
        } else {
            dropped_ = true;
            records.shrink(*record_, kept_);
            (void)record_->take_waiting(of_request_);
        }
    }
    record_->change([&](Exchange& exchange) { half_of(exchange, of_request_).body_bytes = passed_; });
}

void BodyRecorder::finish(bool complete, Records& records, std::uint64_t bytes_max, const Secrets& secrets) {
    if (!record_) {
        return;
    }
    Searched found;
    found.dropped = dropped_;
    if (!dropped_ && kept_ > 0) {
        found = searched(record_->take_waiting(of_request_), type_, codings_, bytes_max, secrets);
        std::optional<std::string> original = std::exchange(found.original, std::nullopt);
        if (found.body.size() > kept_ && !records.grow(*record_, found.body.size() - kept_)) {
            found = {};
            found.dropped = true;
        }
        if (found.body.size() < kept_) {
            records.shrink(*record_, kept_ - found.body.size());
        }
        if (original && of_request_ && complete && passed_ == kept_) {
            records.keep_original_body(*record_, std::move(*original));
        }
    }
    record_->change([&](Exchange& exchange) {
        RecordedMessage& half = half_of(exchange, of_request_);
        half.body = std::move(found.body);
        half.cut = found.cut || (!found.dropped && passed_ > kept_);
        half.masked = half.masked || found.masked;
        half.body_masked = found.masked;
        half.decoded = found.decoded;
        half.dropped = found.dropped;
        half.complete = complete;
    });
}

Searched searched(std::string body, std::string_view content_type, std::string_view codings, std::uint64_t bytes_max,
                  const Secrets& secrets) {
    Searched found;
    if (!secrets.are_hidden() || search_for(content_type) == Search::none) {
        found.body = std::move(body);
        return found;
    }
    const bool is_coded = !codings.empty() && codings != "identity";
    std::string text;
    if (is_coded) {
        std::optional<std::string> plain = decoded(body, codings, bytes_max + 1);
        found.original = std::move(body);
        if (!plain) {
            found.dropped = true;
            return found;
        }
        text = std::move(*plain);
        if (text.size() > bytes_max) {
            text.resize(bytes_max);
            found.cut = true;
        }
    } else {
        text = std::move(body);
    }
    Masked masked = masked_body(text, content_type, secrets);
    found.masked = masked.has_masks;
    if (masked.has_masks && !is_coded) {
        found.original = std::move(text);
    }
    found.decoded = is_coded;  // a body that is still coded may have more after the searched part
    found.body = std::move(masked.text);
    found.body.shrink_to_fit();
    return found;
}

std::string masked_message(std::string_view text, const Secrets& secrets) {
    return secrets.are_hidden() ? masked_text(text, secrets).text : std::string(text);
}

}  // namespace ferrotunnel::inspect
