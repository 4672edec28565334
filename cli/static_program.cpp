// Sets up the C library of a statically linked program.
#include <nss.h>

namespace {

// Resolves names and users only by what is built into the C library: hosts, DNS, /etc/passwd. Other modules, which
// /etc/nsswitch.conf may name, are shared libraries, and loading one made for another C library ends the program.
const struct FindWithoutModules {
    FindWithoutModules() {
        __nss_configure_lookup("hosts", "files dns");
        __nss_configure_lookup("passwd", "files");
    }
} find_without_modules;

}  // namespace
