//! A panic must not leave a caller waiting for an answer that never comes.

use std::cell::RefCell;

use js_sys::{Function, JsString};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static HANDLER: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Calls `handler` with the message when this module panics; it is unusable from then on.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(handler: Function) {
    HANDLER.with(|slot| *slot.borrow_mut() = Some(handler));
    std::panic::set_hook(Box::new(|info| {
        let message = JsString::from(info.to_string());
        let handler = HANDLER.with(|slot| slot.try_borrow().ok().and_then(|handler| handler.clone()));
        if let Some(handler) = handler {
            // What the handler throws has nowhere to go.
            let _ = handler.call1(&JsValue::NULL, &message);
        }
    }));
}

/// Panics: for the test of [`on_panic`].
#[doc(hidden)]
#[wasm_bindgen(js_name = panicNow)]
pub fn panic_now() {
    panic!("asked to panic");
}
