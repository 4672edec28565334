#include "compress/compress.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "common/settings_list.hpp"
#include "compress/answer_rules.hpp"
#include "compress/compress_filter.hpp"
#include "compress/encoder.hpp"

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

void Compress::check(const Settings& settings) {
    for (std::size_t i = 0; i < settings.count("types"); ++i) {
        const std::string path = "types[" + std::to_string(i) + "]";
        if (!MediaTypes::is_pattern(settings.text(path).value_or(Text()))) {
            settings.problem(path, "is not a content type, such as text/html, text/* or application/*+json");
        }
    }
}

Compress::Compress(const Settings& settings)
    : types_(settings_list(settings, "types")),
      min_size_(static_cast<std::size_t>(settings.integer("min_size").value_or(0))),
      budget_(std::make_shared<MemoryBudget>(static_cast<std::size_t>(settings.integer("memory").value_or(0)))) {
    const std::vector<std::string> names = settings_list(settings, "encodings");
    for (const Coding coding : {Coding::brotli, Coding::gzip}) {
        if (std::find(names.begin(), names.end(), name_of(coding)) != names.end()) {
            const char* const level = coding == Coding::gzip ? "gzip_level" : "brotli_level";
            offers_.push_back({coding, static_cast<int>(settings.integer(level).value_or(1))});
        }
    }
}

// The offered codings to which the visitor gives at least the weight of an unencoded body, best first; none without the
// field Accept-Encoding. `takes_plain`: whether the visitor accepts an unencoded body.
std::vector<Compress::Offer> Compress::wanted(const Exchange& exchange, bool& takes_plain) const {
    AcceptEncoding accepted;
    std::size_t fields = 0;
    while (const std::optional<Text> value = exchange.field(Side::request, "Accept-Encoding", fields)) {
        accepted.read(*value);
        ++fields;
    }
    takes_plain = accepted.identity_weight() != 0;
    std::vector<Offer> offers;
    std::copy_if(offers_.begin(), offers_.end(), std::back_inserter(offers), [&](const Offer& offer) {
        const int weight = accepted.weight(offer.coding);
        return fields > 0 && weight > 0 && weight >= accepted.identity_weight();
    });
    std::stable_sort(offers.begin(), offers.end(), [&](const Offer& one, const Offer& other) {
        return accepted.weight(one.coding) > accepted.weight(other.coding);
    });
    return offers;
}

Decision Compress::on_response(Exchange& exchange) {
    constexpr std::uint16_t not_modified = 304;
    if (exchange.status() == not_modified) {
        return weaken_not_modified(exchange) ? Decision::go_on() : Decision::fail();
    }
    if (!may_be_compressed(exchange, types_)) {
        return !is_part(exchange, types_) || add_vary(exchange) ? Decision::go_on() : Decision::fail();
    }
    bool takes_plain = true;
    const std::vector<Offer> offers = wanted(exchange, takes_plain);
    const std::uint64_t length = length_of(exchange).value_or(min_size_);
    if (length == 0 || (length < min_size_ && takes_plain)) {
        return Decision::go_on();
    }
    if (!add_vary(exchange)) {
        return Decision::fail();
    }
    for (const Offer& offer : offers) {
        if (auto share = MemoryBudget::take(budget_, encoder_memory_max(offer.coding))) {
            return compress(exchange, offer, std::move(*share));
        }
    }
    return Decision::go_on();
}

// A failure here is undone, and the response continues unchanged.
Decision Compress::compress(Exchange& exchange, const Offer& offer, MemoryBudget::Share share) const {
    std::unique_ptr<plugin::BodyFilter> filter;
    if (exchange.method() == "HEAD") {
        filter = std::make_unique<NoBodyFilter>();
    } else {
        filter = std::make_unique<CompressFilter>(Encoder::make(offer.coding, offer.level), std::move(share));
    }
    const bool is_done = exchange.set(Side::response, "Content-Encoding", name_of(offer.coding)) &&
                         exchange.transform(Side::response, std::move(filter));
    return is_done ? Decision::go_on() : Decision::fail();
}

}  // namespace ferrotunnel::plugins
