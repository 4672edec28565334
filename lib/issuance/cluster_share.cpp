#include "issuance/cluster_share.hpp"

#include <algorithm>
#include <exception>

#include "acme/key.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"
#include "issuance/limits.hpp"
#include "issuance/name_entry.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::string_view order_prefix = "order/";
constexpr std::string_view certificate_prefix = "cert/";
constexpr std::string_view running_text = "running";
constexpr std::string_view failed_text = "failed ";  // and the problem

std::string key_of(std::string_view prefix, std::string_view name) {
    return std::string(prefix) + std::string(name);
}

std::string answer_key(acme::Way way, std::string_view key) {
    return key_of("challenge/", acme::name_of(way)) + '/' + std::string(key);
}

bool is_key_of(const std::string& pem, std::string& why) {
    try {
        (void)acme::Key::from_pem(pem);
        return true;
    } catch (const std::exception& problem) {
        why = problem.what();
        return false;
    }
}

}  // namespace

Result<SharedCertificate, std::string> read_shared_certificate(std::string_view name, std::string_view text,
                                                               acme::WallTime now) {
    const std::size_t key_at = text.find("-----BEGIN");
    const std::size_t chain_at = text.find("-----BEGIN CERTIFICATE-----");
    if (chain_at == std::string_view::npos || chain_at == key_at) {
        return std::string("it has no key, or no certificate");
    }
    auto saved = certificate_from_json(text.substr(0, key_at));
    if (!saved) {
        return std::string("its record is not valid");
    }
    SharedCertificate shared{std::move(*saved), std::string(text.substr(key_at, chain_at - key_at))};
    std::string why;
    if (!is_key_of(shared.key_pem, why)) {
        wipe(shared.key_pem);
        return why;
    }
    const acme::Identifiers names = read_names(shared.saved.names);
    if (names.empty() || names.size() != shared.saved.names.size()) {
        wipe(shared.key_pem);
        return std::string("it is for other names");
    }
    auto chain = acme::check_chain(text.substr(chain_at), names, acme::Key::from_pem(shared.key_pem), now);
    if (!chain) {
        wipe(shared.key_pem);
        return "the chain " + chain.error();
    }
    if (acme::file_name_of(*shown_identifier(read_names(chain.value().names))) != name) {
        wipe(shared.key_pem);  // a store would not find it again
        return std::string("it is for other names");
    }
    shared.chain = std::move(chain.value());
    shared.saved.renewal_id = shared.chain.renewal_id;
    shared.saved.offered = std::min(shared.saved.offered, now);
    return shared;
}

bool is_newer(const acme::IssuedChain& one, const acme::IssuedChain& other) noexcept {
    return std::pair(one.not_before, one.not_after) > std::pair(other.not_before, other.not_after);
}

// --- who orders ---

void ClusterShare::set_lock(const std::string& name, std::string text, Duration lifetime) {
    (void)values_->set(key_of(order_prefix, name), std::move(text), lifetime);  // without room each member orders
}

bool ClusterShare::is_starting() const {
    return Clock::now() - made_ < start_time && values_->linked_members().empty();
}

ClusterShare::Turn ClusterShare::take(const std::string& name) {
    const auto lock = values_->get(key_of(order_prefix, name));
    if (!lock || lock->member == own_member()) {
        set_lock(name, std::string(running_text), lock_time);
        return {};
    }
    Turn turn{Turn::Kind::running, lock->member};
    if (lock->text.starts_with(failed_text)) {
        turn.kind = Turn::Kind::failed;
        turn.problem = printable(lock->text.substr(failed_text.size()), limits::saved_problem_max);
        turn.left = std::clamp<Duration>(lock->left, std::chrono::seconds(1), failure_time_max);
    }
    return turn;
}

bool ClusterShare::is_ours(const std::string& name) const {
    const auto lock = values_->get(key_of(order_prefix, name));
    return !lock || lock->member == own_member();
}

void ClusterShare::keep(const std::string& name) {
    set_lock(name, std::string(running_text), lock_time);
}

void ClusterShare::release(const std::string& name) {
    if (is_ours(name)) {
        (void)values_->remove(key_of(order_prefix, name));
    }
}

void ClusterShare::failed(const std::string& name, std::string_view problem, Duration retry_after) {
    if (is_ours(name)) {
        set_lock(name, std::string(failed_text) + printable(problem, limits::saved_problem_max),
                 std::clamp<Duration>(retry_after, std::chrono::seconds(1), failure_time_max));
    }
}

void ClusterShare::forget_failure(const std::string& name) {
    const std::string key = key_of(order_prefix, name);
    if (const auto lock = values_->get(key); lock && lock->text.starts_with(failed_text)) {
        (void)values_->remove(key);
    }
}

// --- answers to CAs ---

bool ClusterShare::publish_answer(acme::Way way, const std::string& key, std::string answer) {
    return values_->set(answer_key(way, key), std::move(answer), answer_time);
}

void ClusterShare::withdraw_answer(acme::Way way, const std::string& key) {
    (void)values_->remove(answer_key(way, key));
}

std::optional<std::string> ClusterShare::answer(acme::Way way, std::string_view key) const {
    auto value = values_->get(answer_key(way, key));
    return value ? std::optional(std::move(value->text)) : std::nullopt;
}

// --- certificates ---

bool ClusterShare::publish(const std::string& name, const SavedCertificate& saved, std::string_view key_and_chain,
                           acme::WallTime not_after, acme::WallTime now) {
    const auto left = std::chrono::duration_cast<Duration>(not_after - now);
    if (left <= Duration::zero()) {
        return true;  // nobody could use it
    }
    const std::string record = to_json(saved);
    std::string text;
    text.reserve(record.size() + key_and_chain.size());
    text.append(record).append(key_and_chain);
    return values_->set(key_of(certificate_prefix, name), std::move(text), left);
}

std::vector<std::pair<std::string, std::string>> ClusterShare::certificates() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto& [key, value] : values_->all(std::string(certificate_prefix))) {
        all.emplace_back(key.substr(certificate_prefix.size()), std::move(value.text));
    }
    return all;
}

std::optional<std::string> ClusterShare::certificate(const std::string& name) const {
    auto value = values_->get(key_of(certificate_prefix, name));
    return value ? std::optional(std::move(value->text)) : std::nullopt;
}

void ClusterShare::watch() {
    values_->watch(
        std::string(certificate_prefix),
        [weak = weak_from_this()](const std::string& key, const std::optional<directory::ClusterValue>& value) {
            if (const auto self = weak.lock(); self && value) {
                self->changed(key.substr(certificate_prefix.size()), value->text);
            }
        });
}

void ClusterShare::on_certificate(OnCertificate called) {
    const MutexLock lock(calling_);
    on_certificate_ = std::move(called);
}

void ClusterShare::changed(const std::string& name, const std::string& text) {
    const MutexLock lock(calling_);
    if (on_certificate_) {
        on_certificate_(name, text);
    }
}

}  // namespace ferrotunnel::issuance
