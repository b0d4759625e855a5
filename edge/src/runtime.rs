//! The runtime's own objects, called by name: bindings and cryptography. The wrappers of the Worker's crate for the same would weigh 20 KB.

use worker::js_sys::{Function, Object, Promise, Reflect};
use worker::wasm_bindgen::{JsCast as _, JsValue};
use worker::wasm_bindgen_futures::JsFuture;

/// A member of `this`.
///
/// # Errors
/// What the runtime throws.
pub(crate) fn member(this: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(this, &name.into())
}

/// Whether `this` has such a method.
pub(crate) fn has_method(this: &JsValue, name: &str) -> bool {
    member(this, name).is_ok_and(|method| method.is_function())
}

/// Calls a method that promises something, and waits for it.
///
/// # Errors
/// What the runtime throws, at once or later; it may speak of the arguments.
pub(crate) async fn call(this: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = member(this, method)?.dyn_into()?;
    let promise: Promise = function.apply(this, &arguments.iter().collect())?.dyn_into()?;
    JsFuture::from(promise).await
}

/// An object of these members.
///
/// # Errors
/// What the runtime throws.
pub(crate) fn object(members: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}
