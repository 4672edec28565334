#include "transport/cluster_key.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "base/base64url.hpp"
#include "base/check.hpp"
#include "base/hex.hpp"
#include "transport/hkdf.hpp"
#include "transport/limits.hpp"
#include "transport/pem_file.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {
namespace {

constexpr std::string_view checksum_label = "ferrotunnel ftc1";
constexpr std::string_view derivation_label = "ferrotunnel cluster 1";
constexpr std::string_view id_purpose = "key id";
constexpr std::size_t id_bytes = 8;
constexpr std::size_t number_bytes = 3;
constexpr std::size_t checksum_bytes = 4;

// Key, number and checksum in the layout of the text; wiped by the destructor.
struct ClusterKeyBody {
    std::array<std::uint8_t, ClusterKey::size_bytes + number_bytes + checksum_bytes> bytes{};

    ~ClusterKeyBody() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
    MutableBytes key() { return MutableBytes(bytes).first(ClusterKey::size_bytes); }
    MutableBytes number() { return MutableBytes(bytes).subspan(ClusterKey::size_bytes, number_bytes); }
    MutableBytes checksum() { return MutableBytes(bytes).last(checksum_bytes); }

    std::array<std::uint8_t, checksum_bytes> right_checksum() {
        std::array<std::uint8_t, checksum_label.size() + ClusterKey::size_bytes + number_bytes> input;
        auto* const end = std::copy(checksum_label.begin(), checksum_label.end(), input.begin());
        std::copy_n(bytes.begin(), ClusterKey::size_bytes + number_bytes, end);
        std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
        SHA256(input.data(), input.size(), digest.data());
        OPENSSL_cleanse(input.data(), input.size());
        std::array<std::uint8_t, checksum_bytes> sum;
        std::copy_n(digest.begin(), sum.size(), sum.begin());
        return sum;
    }
};
static_assert(cluster_key_prefix.size() + (sizeof(ClusterKeyBody) + 2) / 3 * 4 == cluster_key_length);

// The key of a line without the spaces around it.
std::optional<ClusterKey> key_of_line(std::string_view line) {
    ClusterKeyBody body;
    if (!line.starts_with(cluster_key_prefix) ||
        !decode_base64url(line.substr(cluster_key_prefix.size()), body.bytes)) {
        return std::nullopt;
    }
    const auto sum = body.right_checksum();
    if (CRYPTO_memcmp(sum.data(), body.checksum().data(), sum.size()) != 0) {
        return std::nullopt;
    }
    return ClusterKey(body.key(), static_cast<std::uint32_t>(load_be<number_bytes>(body.number().data())));
}

std::string fault_of_line(std::string_view line, std::size_t number) {
    const std::string where = "line " + std::to_string(number);
    if (line.starts_with(cluster_key_prefix)) {
        return where + " has a cluster key that was cut or mistyped: its checksum does not fit; copy the whole key " +
               "again (57 characters)";
    }
    if (line.starts_with("ft1_")) {
        return where + " has a token of clients; expected a key of `ferrotunnel cluster key`";
    }
    return where + " is not a cluster key; expected one of `ferrotunnel cluster key`, which begins with ftc1_";
}

// Cuts the first line off.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    constexpr std::string_view blank = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(blank), line.size()));
    return line.substr(0, line.find_last_not_of(blank) + 1);
}

}  // namespace

ClusterKey::ClusterKey(Random& random, std::uint32_t number) : number_(number) {
    random.fill(secret_);
    name();
}

ClusterKey::ClusterKey(Bytes secret, std::uint32_t number) : number_(number) {
    check(secret.size() == size_bytes, "a cluster key has 32 bytes");
    std::copy(secret.begin(), secret.end(), secret_.begin());
    name();
}

ClusterKey::~ClusterKey() {
    OPENSSL_cleanse(secret_.data(), secret_.size());
}

void ClusterKey::name() {
    check(number_ <= number_max, "the number of a cluster key has three bytes");
    std::array<std::uint8_t, id_bytes> raw{};
    derive(id_purpose, raw);
    id_ = to_hex(raw);
}

void ClusterKey::derive(std::string_view purpose, MutableBytes into) const {
    std::string whole(derivation_label);
    whole += '\0';
    whole += purpose;
    if (!hkdf_sha256(secret_, whole, into)) {
        throw TlsConfigError("cannot derive the secrets of the cluster's key: OpenSSL has no HKDF, or no memory");
    }
}

void ClusterKey::append_text(std::string& to) const {
    check(to.capacity() - to.size() >= cluster_key_length, "the text of a key has its room reserved");
    ClusterKeyBody body;
    std::copy(secret_.begin(), secret_.end(), body.key().begin());
    store_be<number_bytes>(body.number().data(), number_);
    const auto sum = body.right_checksum();
    std::copy(sum.begin(), sum.end(), body.checksum().begin());
    std::string encoded = encode_base64url(body.bytes);
    to += cluster_key_prefix;
    to += encoded;
    OPENSSL_cleanse(encoded.data(), encoded.size());
}

bool operator==(const ClusterKey& a, const ClusterKey& b) noexcept {
    return CRYPTO_memcmp(a.secret_.data(), b.secret_.data(), a.secret_.size()) == 0;
}

Result<ClusterKeys, std::string> parse_cluster_keys(std::string_view text) {
    std::optional<ClusterKeys> keys;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = take_line(text);
        if (line.empty() || line.starts_with('#')) {
            continue;
        }
        const std::optional<ClusterKey> key = key_of_line(line);
        if (!key) {
            return fault_of_line(line, number);
        }
        if (!keys) {
            keys.emplace(ClusterKeys{*key});
        } else if (keys->second) {
            return std::string("has more than two keys; expected one, or two while the key is replaced");
        } else if (keys->first == *key) {
            return "line " + std::to_string(number) + " repeats the first key";
        } else {
            keys->second = *key;
        }
    }
    if (!keys) {
        return std::string("has no key; `ferrotunnel cluster key FILE` makes a file with one");
    }
    return *std::move(keys);
}

// Nobody may write it, and a group may read it: what systemd's LoadCredential= makes, and Kubernetes of a secret whose
// defaultMode is 0400 in a pod with an fsGroup. The group is the service's.
constexpr auto mode_of_mounted_secrets = 0440U;

Result<ClusterKeys, std::string> read_cluster_keys(const std::filesystem::path& file) {
    const Result<PemText, std::string> read = read_pem_file(file);
    if (!read) {
        return read.error();
    }
    if ((read->mode & 077U) != 0 && read->mode != mode_of_mounted_secrets) {
        return "other users may access it; `chmod 600 " + file.string() + "`";
    }
    if (read->text().size() > limits::cluster_key_file_bytes_max) {
        return std::string("is longer than 4096 bytes, so it is not a file with cluster keys");
    }
    return parse_cluster_keys(read->text());
}

}  // namespace ferrotunnel::transport
