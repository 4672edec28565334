#include "etcd_store/value_records.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {
namespace {

constexpr std::string_view seal_purpose = "values in etcd";
constexpr std::size_t written_size = 8;
constexpr std::uint64_t kept_for_milliseconds = std::chrono::milliseconds(limits::removed_value_kept_for).count();

std::string with_time(std::uint64_t written, const std::vector<std::uint8_t>& message) {
    std::string text(written_size, '\0');
    for (std::size_t i = 0; i < written_size; ++i) {
        text[i] = static_cast<char>(written >> (8 * (written_size - 1 - i)));
    }
    text.append(message.begin(), message.end());
    return text;
}

}  // namespace

ValueRecords::ValueRecords(std::string prefix, const transport::ClusterKeys& keys)
    : prefix_(std::move(prefix) + "value/") {
    set_keys(keys);
}

void ValueRecords::set_keys(const transport::ClusterKeys& keys) {
    seal_ = std::make_unique<transport::ClusterSeal>(keys, seal_purpose);
    second_ = keys.second ? keys.second->id() : "-";
    const bool is_later = keys.second && keys.second->number() < keys.first.number();
    replaced_ = is_later ? keys.second->id() : std::string();
}

std::string_view ValueRecords::value_key(std::string_view etcd_key) const noexcept {
    return etcd_key.starts_with(prefix_) ? etcd_key.substr(prefix_.size()) : std::string_view();
}

etcd::Put ValueRecords::put(const cluster::Value& value, Milliseconds now) const {
    etcd::Put put{etcd_key(value.key)};
    put.value = seal_->seal(with_time(now, cluster::encode(value)), put.key);
    return put;
}

std::optional<ValueRecords::Record> ValueRecords::read(const etcd::KeyValue& pair, Milliseconds now) const {
    const std::optional<std::string> text = pair.is_cut ? std::nullopt : seal_->open(pair.value, pair.key);
    if (!text || text->size() < written_size) {
        return std::nullopt;
    }
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(text->data()), text->size());
    auto message = cluster::decode(bytes.subspan(written_size));
    auto* const value = message ? std::get_if<cluster::Value>(&*message) : nullptr;
    if (value == nullptr || value->key != value_key(pair.key)) {
        return std::nullopt;
    }
    const Milliseconds written = load_be<written_size>(bytes.data());
    const bool ends = value->text && value->milliseconds != 0;
    Record record{std::move(*value)};
    if (ends || !record.value.text) {
        record.kept_until = written + record.value.milliseconds + kept_for_milliseconds;
    }
    if (ends) {
        const Milliseconds passed = std::min(now - std::min(now, written), record.value.milliseconds);
        record.value.milliseconds -= passed;
        record.has_ended = record.value.milliseconds == 0;
    }
    if (record.has_ended) {
        record.value.text.reset();
    }
    return record;
}

}  // namespace ferrotunnel::etcd_store
