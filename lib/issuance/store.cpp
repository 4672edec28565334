#include "issuance/store.hpp"

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include "base/hex.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "fetch/message.hpp"
#include "issuance/limits.hpp"
#include "issuance/name_lock.hpp"
#include "issuance/store_file.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::array folder_names{"accounts", "certificates", "orders", "records", "challenges", "locks"};

std::filesystem::path with_ending(const std::filesystem::path& folder, std::string_view name, const char* ending) {
    return folder / (std::string(name) + ending);
}

// Locks of processes that were killed: whoever can acquire one removes its file.
void remove_free_locks(const std::filesystem::path& folder) {
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(folder, error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        NameLock lock;
        std::string ignored;
        (void)lock.acquire(each->path(), ignored);
    }
}

std::optional<std::string> readable_key(const std::filesystem::path& path) {
    auto read = read_key_file(path, limits::file_max);
    return read ? std::move(read.value()) : std::nullopt;
}

}  // namespace

std::string file_name_of_ca(std::string_view directory_url) {
    const auto url = fetch::read_url(directory_url);
    std::string host = url ? url->at.host : "unknown";
    for (char& c : host) {
        if (c == ':' || c == '%' || c == '/') {
            c = '-';
        }
    }
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(directory_url.data(), directory_url.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL cannot make a SHA-256");
    }
    return host + "-" + to_hex(Bytes(digest.data(), 4));
}

void Store::make_folders() const {
    constexpr std::string_view what = "the folder for certificates";
    make_own_folder(folder_, what);
    for (const char* name : folder_names) {
        make_own_folder(folder_ / name, what);
    }
}

void Store::remove_left_over(std::filesystem::file_time_type now) const {
    const auto before = now - limits::left_over_age;
    remove_left_over_files(folder_, before);
    for (const char* name : folder_names) {
        remove_left_over_files(folder_ / name, before);
    }
    remove_left_over_files(challenges(), now - limits::challenge_age, true);
    remove_left_over_files(folder_ / "orders", now - limits::order_age_max, true);  // may_continue() would not use them
    remove_free_locks(folder_ / "locks");
}

// --- accounts ---

std::filesystem::path Store::account_file(std::string_view ca) const {
    return with_ending(folder_ / "accounts", ca, ".json");
}

std::filesystem::path Store::next_account_file(std::string_view ca) const {
    return with_ending(folder_ / "accounts", ca, ".new");
}

Result<std::optional<SavedAccount>, Store::AccountFault> Store::account(std::string_view directory_url) const {
    const std::filesystem::path path = account_file(file_name_of_ca(directory_url));
    auto text = read_key_file(path, limits::file_max);
    if (!text) {
        return AccountFault{text.error(), false};
    }
    if (!text.value()) {
        return std::optional<SavedAccount>();
    }
    std::optional<SavedAccount> account = account_from_json(*text.value());
    wipe(*text.value());
    if (!account) {
        return AccountFault{path.string() + " is not the file of an account", true};
    }
    if (account->directory != directory_url) {
        wipe(account->key_pem);
        return AccountFault{path.string() + " is the file of an account at another CA", true};
    }
    return account;
}

std::string Store::write_account(const SavedAccount& account) const {
    std::string text = to_json(account);
    std::string fault = write_store_file(account_file(file_name_of_ca(account.directory)), text);
    wipe(text);
    return fault;
}

std::string Store::write_first_account(const SavedAccount& account, bool& has_lost) const {
    const std::filesystem::path path = account_file(file_name_of_ca(account.directory));
    std::string text = to_json(account);
    const std::error_code error = ferrotunnel::detail::write_whole_file(path, text, {0600, false, true});
    wipe(text);
    has_lost = error == std::errc::file_exists;
    return error && !has_lost ? path.string() + " cannot be written: " + error.message() : std::string();
}

std::optional<SavedAccount> Store::next_account(std::string_view directory_url) const {
    auto text = readable_key(next_account_file(file_name_of_ca(directory_url)));
    if (!text) {
        return {};
    }
    auto account = account_from_json(*text);
    wipe(*text);
    return account && account->directory == directory_url ? std::move(account) : std::nullopt;
}

std::string Store::write_next_account(const SavedAccount& account) const {
    const std::filesystem::path path = next_account_file(file_name_of_ca(account.directory));
    std::string text = to_json(account);
    const std::error_code error = ferrotunnel::detail::write_whole_file(path, text, {0600, false, true});
    wipe(text);
    if (error == std::errc::file_exists) {  // of an interrupted change: the CA may have accepted its key
        return path.string() + " is there, but cannot be used; restore it, or move it away";
    }
    return error ? path.string() + " cannot be written: " + error.message() : std::string();
}

void Store::remove_next_account(std::string_view directory_url) const noexcept {
    remove_store_file(next_account_file(file_name_of_ca(directory_url)));
}

// --- certificates ---

std::filesystem::path Store::certificate_file(std::string_view name) const {
    return with_ending(folder_ / "certificates", name, ".pem");
}

std::filesystem::path Store::record_file(std::string_view name) const {
    return with_ending(folder_ / "certificates", name, ".json");
}

Result<std::optional<Store::Certificate>, std::string> Store::certificate(std::string_view name) const {
    auto text = read_store_file(certificate_file(name), limits::file_max);
    if (!text) {
        return text.error();
    }
    if (!text.value()) {
        return std::optional<Certificate>();
    }
    auto chain = acme::read_chain(*text.value());
    wipe(*text.value());
    if (!chain) {
        return certificate_file(name).string() + " is not a certificate: " + chain.error();
    }
    Certificate found;
    found.chain = std::move(chain.value());
    wipe(found.chain.pem);
    if (const auto record = read_store_file(record_file(name), limits::file_max); record && record.value()) {
        found.saved = certificate_from_json(*record.value()).value_or(SavedCertificate());
    }
    if (!found.saved.renewal_id.empty() && found.saved.renewal_id != found.chain.renewal_id) {
        found.saved.window.reset();  // of a certificate before it
        found.saved.window_next = {};
    }
    found.saved.renewal_id = found.chain.renewal_id;
    return std::optional<Certificate>(std::move(found));
}

std::string Store::write_certificate(std::string_view name, std::string_view key_pem, std::string_view chain_pem,
                                     const SavedCertificate& saved) const {
    std::string both;
    both.reserve(key_pem.size() + chain_pem.size() + 1);
    both.append(key_pem);
    if (!both.ends_with('\n')) {
        both += '\n';
    }
    both.append(chain_pem);
    std::string fault = write_certificate_record(name, saved);
    if (fault.empty()) {
        fault = write_store_file(certificate_file(name), both);
    }
    wipe(both);
    return fault;
}

std::string Store::write_certificate_record(std::string_view name, const SavedCertificate& saved) const {
    return write_store_file(record_file(name), to_json(saved));
}

bool Store::update_certificate_record(std::string_view name, const SavedCertificate& saved) const {
    const auto present = certificate(name);
    if (!present) {
        return true;  // it cannot be read now, which is no reason to order another one
    }
    const bool is_same = present.value() && present.value()->chain.renewal_id == saved.renewal_id;
    if (is_same) {
        (void)write_certificate_record(name, saved);
    }
    return is_same;
}

void Store::remove_certificate(std::string_view name) const noexcept {
    remove_store_file(certificate_file(name));
    remove_store_file(record_file(name));
}

std::vector<std::string> Store::certificate_names() const {
    std::vector<std::string> names;
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(folder_ / "certificates", error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        if (each->path().extension() == ".pem") {
            names.push_back(each->path().stem().string());
        }
    }
    return names;
}

// --- orders ---

std::filesystem::path Store::order_file(std::string_view name) const {
    return with_ending(folder_ / "orders", name, ".json");
}

std::optional<SavedOrder> Store::order(std::string_view name) const {
    auto text = readable_key(order_file(name));
    if (!text) {
        return {};
    }
    auto order = order_from_json(*text);
    wipe(*text);
    return order;
}

std::string Store::write_order(std::string_view name, const SavedOrder& order) const {
    std::string text = to_json(order);
    std::string fault = write_store_file(order_file(name), text);
    wipe(text);
    return fault;
}

void Store::remove_order(std::string_view name) const noexcept {
    remove_store_file(order_file(name));
}

// --- TXT records ---

// The value is a digest in base64url, which no two challenges have.
std::filesystem::path Store::dns_record_file(std::string_view value) const {
    return with_ending(folder_ / "records", value, ".json");
}

std::vector<SavedRecord> Store::records() const {
    std::vector<SavedRecord> all;
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(folder_ / "records", error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        const auto text = read_store_file(each->path(), limits::file_max);
        auto record = text && text.value() ? record_from_json(*text.value()) : std::nullopt;
        if (record && each->path() == dns_record_file(record->value)) {
            all.push_back(std::move(*record));
        }
    }
    return all;
}

std::string Store::write_record(const SavedRecord& record) const {
    return write_store_file(dns_record_file(record.value), to_json(record));
}

void Store::remove_record(std::string_view value) const noexcept {
    remove_store_file(dns_record_file(value));
}

// --- the rest ---

SavedSchedule Store::schedule(std::string& fault) const {
    const std::filesystem::path path = folder_ / "schedule.json";
    const auto text = read_store_file(path, limits::schedule_max);
    if (!text || !text.value()) {
        fault = text ? std::string() : text.error();
        return {};
    }
    auto schedule = schedule_from_json(*text.value());
    fault = schedule ? std::string() : path.string() + " is not a schedule of certificates";
    return schedule ? std::move(*schedule) : SavedSchedule();
}

std::string Store::write_schedule(const SavedSchedule& schedule) const {
    return write_store_file(folder_ / "schedule.json", to_json(schedule));
}

std::filesystem::path Store::lock_file(std::string_view name) const {
    return with_ending(folder_ / "locks", name, ".lock");
}

}  // namespace ferrotunnel::issuance
