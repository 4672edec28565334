// Annotations for clang's thread-safety analysis (`-Wthread-safety`); empty for other compilers. The only macros of
// lib/, since an attribute that names a member declared later has no other spelling.
#pragma once

#if defined(__clang__)
#define FERROTUNNEL_ANALYSED(attribute) __attribute__((attribute))
#else
#define FERROTUNNEL_ANALYSED(attribute)
#endif

// For a data member: it is read and written only with the mutex locked.
#define GUARDED_BY(mutex) FERROTUNNEL_ANALYSED(guarded_by(mutex))

// For a function or lambda: its caller has locked the mutex.
#define REQUIRES(...) FERROTUNNEL_ANALYSED(requires_capability(__VA_ARGS__))

// For mutexes and locks: only base/mutex.hpp needs them.
#define CAPABILITY(name) FERROTUNNEL_ANALYSED(capability(name))
#define SCOPED_CAPABILITY FERROTUNNEL_ANALYSED(scoped_lockable)
#define ACQUIRE(...) FERROTUNNEL_ANALYSED(acquire_capability(__VA_ARGS__))
#define RELEASE(...) FERROTUNNEL_ANALYSED(release_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(mutex) FERROTUNNEL_ANALYSED(assert_capability(mutex))

// For a function whose locks the analysis cannot follow; the line gives the reason.
#define NO_THREAD_SAFETY_ANALYSIS FERROTUNNEL_ANALYSED(no_thread_safety_analysis)
